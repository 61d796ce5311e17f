//! Tar archives for uploads, the same bytes for the same number.

/// An archive of `files` files with `bytes` in all, whose content `seed` decides.
pub(super) fn archive(seed: u64, files: usize, bytes: usize) -> Vec<u8> {
    let mut archive = Vec::with_capacity(bytes + files * 1_024);
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for file in 0..files {
        let size = bytes / files + usize::from(file < bytes % files);
        header(
            &mut archive,
            &format!("evidence/{seed}/file-{file:04}.bin"),
            size,
        );
        let end = archive.len() + size;
        while archive.len() < end {
            // xorshift: content that no compression would help with.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let piece = state.to_le_bytes();
            let room = (end - archive.len()).min(piece.len());
            archive.extend_from_slice(&piece[..room]);
        }
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1_024, 0);
    archive
}

fn header(archive: &mut Vec<u8>, path: &str, size: usize) {
    let mut header = [0_u8; 512];
    header[..path.len()].copy_from_slice(path.as_bytes());
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    header[148..156].fill(b' ');
    header[156] = b'0';
    header[257..263].copy_from_slice(b"ustar\0");
    header[263..265].copy_from_slice(b"00");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
    header[154] = 0;
    archive.extend_from_slice(&header);
}
