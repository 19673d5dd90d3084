use std::time::Duration;

use super::*;

fn wrote(own: &Own, bytes: &[u8]) -> io::Result<usize> {
    let mut bytes = bytes.to_vec();
    own.write(&[Piece::of(&mut bytes)])
}

fn reads(own: &Own, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let count = own.read(&mut [Piece::of(&mut bytes)])?;
    bytes.truncate(count);
    Ok(bytes)
}

fn kind<T: std::fmt::Debug>(result: io::Result<T>) -> io::ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn a_pipe_gives_what_was_written_until_nobody_can_write_and_takes_nothing_when_nobody_reads() {
    let (reader, writer) = pipe().unwrap();
    assert_eq!(wrote(&writer, b"one two").unwrap(), 7);
    assert_eq!((reader.readable(), reads(&reader, 3).unwrap()), (7, b"one".to_vec()));
    drop(writer);
    assert!(reader.ready().has(Ready::IN | Ready::HUP));
    assert_eq!((reads(&reader, 9).unwrap(), reads(&reader, 9).unwrap()), (b" two".to_vec(), Vec::new()));
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    assert!(writer.ready().has(Ready::OUT | Ready::ERR));
    assert_eq!(kind(wrote(&writer, b"x")), io::ErrorKind::BrokenPipe);
    assert_eq!(kind(reads(&writer, 1)), io::ErrorKind::InvalidInput);
}

#[test]
fn who_must_not_wait_gets_what_there_is_room_for() {
    let (reader, writer) = pipe().unwrap();
    reader.set_nonblocking(true).unwrap();
    writer.set_nonblocking(true).unwrap();
    assert_eq!(kind(reads(&reader, 1)), io::ErrorKind::WouldBlock);
    assert_eq!(wrote(&writer, &[b'x'; 70_000]).unwrap(), 65_536);
    assert_eq!((writer.ready(), kind(wrote(&writer, b"x"))), (Ready::NONE, io::ErrorKind::WouldBlock));
    // What is small is written whole, or not at all.
    reads(&reader, 4000).unwrap();
    assert_eq!(kind(wrote(&writer, &[b'x'; 4096])), io::ErrorKind::WouldBlock);
    assert_eq!(wrote(&writer, &[b'x'; 4097]).ok(), None);
    assert_eq!(wrote(&writer, &[b'x'; 4000]).unwrap(), 4000);
}

#[test]
fn who_waits_goes_on_when_there_is_something_or_room_or_an_end() {
    let (reader, writer) = pipe().unwrap();
    let all: Vec<u8> = (0..300_000).map(|at| at as u8).collect();
    std::thread::scope(|scope| {
        let writes = scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(5));
            let count = wrote(&writer, &all).unwrap();
            drop(writer);
            count
        });
        let mut got = Vec::new();
        while let Some(more) = Some(reads(&reader, 1000).unwrap()).filter(|more| !more.is_empty()) {
            got.extend(more);
        }
        assert_eq!((writes.join().unwrap(), got), (all.len(), all.clone()));
    });
}

#[test]
fn an_event_counts_and_a_semaphore_gives_one_by_one() {
    let own = event(2, false).unwrap();
    assert_eq!(wrote(&own, &3u64.to_le_bytes()).unwrap(), 8);
    assert_eq!(reads(&own, 8).unwrap(), 5u64.to_le_bytes());
    own.set_nonblocking(true).unwrap();
    assert_eq!((own.ready(), kind(reads(&own, 8))), (Ready::OUT, io::ErrorKind::WouldBlock));
    assert_eq!(wrote(&own, &(u64::MAX - 1).to_le_bytes()).unwrap(), 8);
    assert_eq!(kind(wrote(&own, &1u64.to_le_bytes())), io::ErrorKind::WouldBlock);
    assert_eq!(own.ready(), Ready::IN);
    for wrong in [wrote(&own, &[1; 7]), wrote(&own, &u64::MAX.to_le_bytes())] {
        assert_eq!(kind(wrong), io::ErrorKind::InvalidInput);
    }
    assert_eq!(kind(reads(&own, 7)), io::ErrorKind::InvalidInput);
    let semaphore = event(2, true).unwrap();
    semaphore.set_nonblocking(true).unwrap();
    assert_eq!(
        [(); 2].map(|()| reads(&semaphore, 8).unwrap()),
        [1u64.to_le_bytes().to_vec(), 1u64.to_le_bytes().to_vec()]
    );
    assert_eq!(kind(reads(&semaphore, 8)), io::ErrorKind::WouldBlock);
}

#[test]
fn a_list_tells_what_is_so_or_with_edges_what_became_so_and_once_if_that_was_said() {
    let (reader, writer) = pipe().unwrap();
    let (list, other) = (interests().unwrap(), interests().unwrap());
    let happened = || list.happened(9).unwrap();
    list.watch(reader.source().unwrap(), 1, Ready::IN).unwrap();
    assert!(happened().is_empty() && list.ready() == Ready::NONE);
    wrote(&writer, b"ab").unwrap();
    assert_eq!([happened(), happened()], [[(1, Ready::IN)], [(1, Ready::IN)]]);
    assert_eq!(list.ready(), Ready::IN);
    list.watch(reader.source().unwrap(), 1, Ready::IN | Ready::EDGE).unwrap();
    assert_eq!((happened(), happened()), (vec![(1, Ready::IN)], vec![]));
    reads(&reader, 1).unwrap();
    assert!(happened().is_empty(), "what is still there is no news");
    wrote(&writer, b"c").unwrap();
    assert_eq!((happened(), happened()), (vec![(1, Ready::IN)], vec![]));
    list.watch(writer.source().unwrap(), 2, Ready::OUT | Ready::ONCE).unwrap();
    assert_eq!((happened(), happened()), (vec![(2, Ready::OUT)], vec![]));
    list.watch(writer.source().unwrap(), 2, Ready::OUT).unwrap();
    assert_eq!(happened(), [(2, Ready::OUT)]);
    drop(reader);
    assert_eq!(happened(), [(2, Ready::OUT | Ready::ERR)], "what is closed is not waited for");
    list.watch_no_more(2).unwrap();
    assert!(happened().is_empty() && other.source().is_none());
    assert_eq!(kind(writer.happened(1)), io::ErrorKind::InvalidInput);
}
