//! The first hundred bytes of an SQLite database, as far as they tell whether
//! the file is whole. The format is specified at
//! <https://www.sqlite.org/fileformat.html#the_database_header>.

use std::fs::File;
use std::io::Read;

/// Checks magic, page size, and that the file has as many pages as it says.
///
/// # Errors
///
/// What is wrong with the file.
pub(super) fn check(file: &mut File) -> Result<(), String> {
    let mut header = [0; 100];
    file.read_exact(&mut header)
        .map_err(|_| "it is shorter than a database header".to_owned())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    check_bytes(&header, length)
}

fn check_bytes(header: &[u8; 100], length: u64) -> Result<(), String> {
    if !header.starts_with(b"SQLite format 3\0") {
        return Err("it does not start with `SQLite format 3`".to_owned());
    }
    // 1 stands for 65536, which does not fit into two bytes.
    let page_size = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    if page_size < 512 || !page_size.is_power_of_two() {
        return Err(format!("its page size is {page_size}"));
    }
    let number = |at: usize| {
        u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    // The size is only maintained by writers that also keep these two equal.
    let (changes, valid_for) = (number(24), number(92));
    let expected = page_size * u64::from(number(28));
    if changes == valid_for && expected != length {
        return Err(format!(
            "it is {length} bytes long, but its header says {expected}"
        ));
    }
    if length == 0 || !length.is_multiple_of(page_size) {
        return Err(format!(
            "it is {length} bytes long, no multiple of its page size {page_size}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header of a database of two pages of 4096 bytes.
    fn header() -> [u8; 100] {
        let mut header = [0; 100];
        header[..16].copy_from_slice(b"SQLite format 3\0");
        header[16..18].copy_from_slice(&4096_u16.to_be_bytes());
        header[28..32].copy_from_slice(&2_u32.to_be_bytes());
        header
    }

    #[test]
    fn a_whole_file_passes() {
        assert_eq!(check_bytes(&header(), 8192), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let mut other = header();
        other[0] = b'X';
        let mut pages = header();
        pages[16..18].copy_from_slice(&1000_u16.to_be_bytes());
        for (header, length, expected) in [
            (other, 8192, "it does not start with `SQLite format 3`"),
            (pages, 8192, "its page size is 1000"),
            (
                header(),
                4096,
                "it is 4096 bytes long, but its header says 8192",
            ),
            (
                header(),
                8200,
                "it is 8200 bytes long, but its header says 8192",
            ),
        ] {
            assert_eq!(check_bytes(&header, length).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_size_that_an_old_writer_left_stale_is_not_believed() {
        let mut old = header();
        old[24..28].copy_from_slice(&9_u32.to_be_bytes());
        assert_eq!(check_bytes(&old, 4096), Ok(()));
        assert!(check_bytes(&old, 5000).unwrap_err().contains("no multiple"));
    }
}
