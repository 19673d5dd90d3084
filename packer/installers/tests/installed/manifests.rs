//! The formula and the manifest, read by others.

use std::process::Command;

use installers::Kind;
use serde_json::json;
use terms::Target;

use crate::common::{ALL, Release, meta, stdout, succeeds, there};

/// As much of Homebrew as a formula asks for: it prints what each machine would get.
const HOMEBREW: &str = r##"
class Formula
  def self.test = nil
  def self.method_missing(name, *args)
    if name.to_s.start_with?("on_")
      skip = { "on_macos" => $os != "macos", "on_linux" => $os != "linux", "on_arm" => $cpu != "arm64", "on_intel" => $cpu != "x86_64" }
      yield unless skip.fetch(name.to_s)
    else
      puts "#{name} #{args.inspect}"
    end
  end
end
for $os, $cpu in [["macos", "arm64"], ["macos", "x86_64"], ["linux", "arm64"], ["linux", "x86_64"]]
  puts "#{$os} #{$cpu}"
  Object.send(:remove_const, :Notes) if defined?(Notes)
  load ARGV[0]
end
"##;

#[test]
fn the_formula_is_ruby_and_names_an_archive_for_each_machine() {
    if !there("ruby") {
        return;
    }
    let release = Release::new(&meta("https://a.example/it's"), &[Kind::Brew], &ALL);
    let formula = release.path("notes.rb");
    succeeds(Command::new("ruby").args(["-wc"]).arg(&formula));
    let told = stdout(&succeeds(
        Command::new("ruby").args(["-Ku", "-e", HOMEBREW]).arg(&formula).env("LC_ALL", "C.UTF-8"),
    ));
    for (machine, target) in [
        ("macos arm64", "macos-arm64"),
        ("macos x86_64", "macos-x86_64"),
        ("linux arm64", "linux-arm64"),
        ("linux x86_64", "linux-x86_64"),
    ] {
        let part = told.split_once(&format!("{machine}\n")).unwrap().1;
        let url = part.lines().find(|line| line.starts_with("url ")).unwrap();
        assert_eq!(url, format!("url [\"https://a.example/it's/notes-{target}-1.2.3-rc.1.tar.gz\"]"));
        assert!(part.lines().any(|line| line.starts_with("sha256 [\"") && line.len() == 75), "{part}");
    }
    assert!(
        told.contains(&format!("desc {:?}", [meta("").description.unwrap()]).replace("#{", "\\#{")),
        "{told}"
    );
    assert!(
        told.contains("license [{:any_of=>[\"MIT\", \"Apache-2.0\"]}]") || told.contains("any_of: [\"MIT\""),
        "{told}"
    );
}

#[test]
fn a_formula_for_one_system_says_so() {
    let release =
        Release::new(&meta("https://a.example"), &[Kind::Brew], &[Target::LinuxX86_64, Target::LinuxRiscv64]);
    let text = release.text("notes.rb");
    assert!(text.contains("depends_on :linux\n") && text.contains("depends_on arch: :x86_64\n"), "{text}");
    assert!(!text.contains("macos") && !text.contains("riscv64"), "{text}");
}

#[test]
fn the_manifest_is_what_scoop_reads() {
    let release = Release::new(&meta("https://a.example"), &[Kind::Scoop], &ALL);
    let manifest: serde_json::Value = serde_json::from_str(&release.text("notes.json")).unwrap();
    let build = &manifest["architecture"]["64bit"];
    assert_eq!(build["url"], "https://a.example/notes-windows-x86_64-1.2.3-rc.1.zip");
    assert_eq!(build["hash"].as_str().unwrap().len(), 64);
    assert_eq!((&manifest["bin"], &manifest["version"]), (&json!("notes.exe"), &json!("1.2.3-rc.1")));
    assert_eq!(manifest["description"], json!(meta("").description));
}
