//! The disk that the working directory is on.
//!
//! By its device number; of file systems that have none of their own (overlay,
//! btrfs, tmpfs) by `/proc/self/mountinfo`, which names the file system and the
//! device below it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::measure::read;

/// `vda (solid state)`, `nvme0n1 (solid state), btrfs`, or `overlay`; empty where
/// nothing is known.
pub(super) fn below_the_working_directory() -> String {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(here) = fs::metadata(".") else {
        return String::new();
    };
    let device = here.dev();
    let block = format!(
        "/sys/dev/block/{}:{}",
        libc::major(device),
        libc::minor(device)
    );
    if let Some(disk) = block_device(Path::new(&block)) {
        return disk;
    }
    let Ok(directory) = std::env::current_dir() else {
        return String::new();
    };
    let Some(mount) = mount_of(&read("/proc/self/mountinfo"), &directory) else {
        return String::new();
    };
    let below = mount
        .source
        .strip_prefix("/dev/")
        .and_then(|name| block_device(&Path::new("/sys/class/block").join(name)));
    described(&mount, below.as_deref())
}

/// The disk of a file system without a device of its own.
fn described(mount: &Mount, disk: Option<&str>) -> String {
    match disk {
        Some(disk) => format!("{disk}, {}", mount.file_system),
        None => mount.file_system.clone(),
    }
}

/// The whole disk of a block device: a partition's queue is that of the disk above.
fn block_device(link: &Path) -> Option<String> {
    let device = fs::canonicalize(link).ok()?;
    let whole = device
        .ancestors()
        .find(|path| path.join("queue/rotational").is_file())?;
    let name = whole.file_name().unwrap_or_default().to_string_lossy();
    let kind = match read(&whole.join("queue/rotational").to_string_lossy()).trim() {
        "1" => "rotational",
        "0" => "solid state",
        _ => "unknown kind",
    };
    Some(format!("{name} ({kind})"))
}

/// A line of `/proc/self/mountinfo`.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    file_system: String,
    source: String,
}

/// The mount that `path` is on: that of the longest mount point above it, and of
/// several at one point the last.
///
/// A line is `36 35 0:32 /root /mount/point options [optional..] - type source options`,
/// with blanks as `\040`.
fn mount_of(mountinfo: &str, path: &Path) -> Option<Mount> {
    let mounts = mountinfo.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let point = PathBuf::from(plain(before.split(' ').nth(4)?));
        let mut after = after.split(' ');
        let mount = Mount {
            file_system: after.next()?.to_owned(),
            source: plain(after.next()?),
        };
        path.starts_with(&point)
            .then(|| (point.components().count(), mount))
    });
    mounts
        .max_by_key(|(depth, _)| *depth)
        .map(|(_, mount)| mount)
}

/// Text without the kernel's octal escapes.
fn plain(text: &str) -> String {
    let escapes = [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ];
    let mut plain = text.to_owned();
    for (escape, letter) in escapes {
        plain = plain.replace(escape, letter);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTINFO: &str = "\
22 1 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/a:/b
30 22 0:5 / /dev rw - devtmpfs devtmpfs rw
36 22 0:32 /sub /home\\040dir rw,relatime shared:1 master:2 - btrfs /dev/nvme0n1p2 rw,ssd
37 36 0:40 / /home\\040dir/tmp rw - tmpfs tmpfs rw
38 36 0:41 / /home\\040dir/tmp rw - tmpfs later rw
";

    #[track_caller]
    fn check(path: &str, file_system: &str, source: &str) {
        let expected = Mount {
            file_system: file_system.to_owned(),
            source: source.to_owned(),
        };
        assert_eq!(mount_of(MOUNTINFO, Path::new(path)), Some(expected));
    }

    #[test]
    fn a_path_is_on_the_longest_mount_above_it() {
        check("/work", "overlay", "overlay");
        check("/home dir/of", "btrfs", "/dev/nvme0n1p2");
        check("/home dir/tmp/x", "tmpfs", "later");
        check("/home", "overlay", "overlay");
        assert_eq!(mount_of("", Path::new("/work")), None);
    }

    #[test]
    fn a_file_system_is_named_with_the_disk_below_it_where_there_is_one() {
        let of = |path: &str| mount_of(MOUNTINFO, Path::new(path)).unwrap();
        assert_eq!(described(&of("/work"), None), "overlay");
        let disk = Some("nvme0n1 (solid state)");
        assert_eq!(
            described(&of("/home dir"), disk),
            "nvme0n1 (solid state), btrfs"
        );
    }
}
