//! Words that are nearly those of a target.

use payload::{
    Target,
    target::{Cpu, Os},
};

use super::words::{Part, WORDS, word};

/// Shorter words are near to too many others.
const SHORTEST: usize = 5;

/// The letters that are wrong, missing, too many, or swapped with the next.
fn slips(one: &str, other: &str) -> usize {
    strsim::osa_distance(one, other)
}

/// Its letters, in the order of the alphabet.
fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters
}

/// The CPU that `text` nearly names: `amr64`, `x68_64`. With at most `most` wrong
/// letters. Only a word with a digit is taken for a misspelt one: `arch` and `army` are words.
fn cpu(text: &str, most: usize) -> Option<Cpu> {
    let text = text.replace("x64", "x86_64");
    let spelled = WORDS.iter().filter_map(|(word, part)| match part {
        Part::Cpu(cpu) if word.len() >= SHORTEST => Some((*word, *cpu)),
        _ => None,
    });
    let has_digit = text.contains(|c: char| c.is_ascii_digit());
    let is_long = text.len() + 1 >= SHORTEST;
    // Of two, the one with the same letters: `amr64` is no `amd64`.
    let near = spelled.map(|(word, cpu)| {
        // `arm64v8`, `amd64v2`.
        let goes_on = word.ends_with('4') && text.starts_with(word);
        let slips = if goes_on { 1 } else { slips(&text, word) };
        ((slips, letters(&text) != letters(word)), cpu)
    });
    let near = near.filter(|((slips, _), _)| *slips <= most);
    let best = near.min_by_key(|(found, _)| *found);
    best.map(|(_, cpu)| cpu).filter(|_| has_digit && is_long)
}

/// The CPU of a target whose name begins with `text`, a word for another CPU.
fn beginning(text: &str) -> Option<Cpu> {
    match text {
        "arm" => Some(Cpu::Arm64),
        "x86" => Some(Cpu::X86_64),
        _ => None,
    }
}

/// The system that `text` nearly names.
fn system(text: &str) -> Option<Os> {
    let long = WORDS.iter().filter(|(word, _)| word.len() >= SHORTEST && *word != "apple");
    let mut near = long.filter_map(|(word, part)| match part {
        Part::Os(os) if slips(text, word) == 1 => Some(*os),
        _ => None,
    });
    near.next()
}

/// Whether `text` has the letters of a system's name, two of them swapped. No other word does.
fn is_swapped_system(text: &str) -> bool {
    let long = |word: &str| word.len() >= SHORTEST && !["apple", "win32", "win64", "mingw"].contains(&word);
    WORDS.iter().any(|(word, part)| {
        matches!(part, Part::Os(_)) && long(word) && slips(text, word) == 1 && letters(text) == letters(word)
    })
}

/// The target that these words nearly name, or the CPU alone.
pub(super) fn meant(words: &[String]) -> Option<String> {
    let parts = || words.iter().map(|text| (text, word(text)));
    let others: Vec<&String> =
        parts().filter(|(_, part)| *part == Some(Part::Other)).map(|(text, _)| text).collect();
    if others.iter().any(|text| beginning(text).is_none()) {
        return None;
    }
    let joined = words.windows(2).map(|two| two.join("_"));
    let mut cpus = parts().filter_map(|(text, part)| match part {
        Some(Part::Cpu(cpu)) => Some(cpu),
        Some(Part::Other) => beginning(text),
        None => cpu(text, 2),
        _ => None,
    });
    let mut systems = parts().filter_map(|(text, part)| match part {
        Some(Part::Os(os)) => Some(os),
        None => system(text),
        _ => None,
    });
    let cpu = cpus.next().or_else(|| joined.filter_map(|text| cpu(&text, 2)).next());
    match (systems.next(), cpu) {
        (Some(os), Some(cpu)) => {
            let meant = Target::ALL.into_iter().find(|target| target.os() == os && target.cpu() == cpu);
            meant.map(|target| target.name().to_owned())
        }
        (None, Some(cpu)) => {
            let own = WORDS.iter().find(|(_, part)| *part == Part::Cpu(cpu));
            own.map(|(word, _)| (*word).to_owned())
        }
        (Some(os), None) => {
            let own = WORDS.iter().find(|(_, part)| *part == Part::Os(os));
            own.map(|(word, _)| (*word).to_owned())
        }
        (None, None) => None,
    }
}

/// True if a file's name ends like a target that does not exist. `words` are those of the name without its ending; the first one
/// is the app's own name. Such an end is a system or a CPU of no target, a known system and a misspelt CPU, or the other way round.
pub(super) fn ends_like_one(words: &[String]) -> bool {
    let is_filler = |(at, text): &(usize, &String)| *at > 0 && word(text) == Some(Part::Filler);
    let words: Vec<&str> =
        words.iter().enumerate().filter(|word| !is_filler(word)).map(|(_, text)| text.as_str()).collect();
    let is = |at: usize, fits: fn(Part) -> bool| words.get(at).and_then(|text| word(text)).is_some_and(fits);
    let is_unknown = |at: usize| word(words[at]).is_none();
    let has = |fits: fn(Part) -> bool| (1..words.len()).any(|at| is(at, fits));
    let (is_os, is_cpu) = (|part| matches!(part, Part::Os(_)), |part| matches!(part, Part::Cpu(_)));
    // One that is a word of the language, or what is packed, chooses nothing alone.
    let Some(last) = words.len().checked_sub(1).filter(|last| *last > 0) else { return false };
    if is(last, |part| part == Part::Other) && !["arm", "wasi", "wasm32"].contains(&words[last]) {
        return true;
    }
    // `freebsd13`
    let bare = words[last].trim_end_matches(|c: char| c.is_ascii_digit());
    if bare.len() >= SHORTEST && word(bare) == Some(Part::Other) {
        return true;
    }
    let misspelt = |at: usize, most: usize| is_unknown(at) && cpu(words[at], most).is_some();
    let of_two = |at: usize, most: usize| {
        let two = words.get(at..at + 2).map(|two| two.join("_"));
        is_unknown(at + 1) && two.is_some_and(|two| cpu(&two, most).is_some())
    };
    if has(is_cpu) {
        let beside = |at: usize| is(at + 1, is_cpu) || is(at - 1, is_cpu);
        return !has(is_os)
            && (1..=last).any(|at| is_unknown(at) && beside(at) && system(words[at]).is_some());
    }
    if has(is_os) {
        return (1..=last).any(|at| {
            let behind = is(at - 1, is_os) && (misspelt(at, 2) || at < last && of_two(at, 2));
            behind || is(at + 1, is_os) && misspelt(at, 2)
        });
    }
    is_swapped_system(words[last]) || misspelt(last, 1) || last > 1 && of_two(last - 1, 1)
}
