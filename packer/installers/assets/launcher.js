#!/usr/bin/env node
// Starts the program, which is in the package for this machine. Written by wasmpack.
"use strict";

const { spawn } = require("child_process");
const { constants } = require("os");

const name = @NAME@;
const packages = @PACKAGES@;

function fail(why) {
  console.error(`${name}: ${why}`);
  process.exit(1);
}

const machine = `${process.platform} ${process.arch}`;
const found = Object.prototype.hasOwnProperty.call(packages, machine) ? packages[machine] : undefined;
if (!found) {
  fail(`there is no build for ${machine}; there is one for ${Object.keys(packages).join(", ")}`);
}

let program;
try {
  program = require.resolve(`${found[0]}/${found[1]}`);
} catch {
  fail(
    `the package ${found[0]}, which has the program for this machine, is not installed; ` +
      "install again with optional dependencies (without --omit=optional), and on this machine; " +
      "if the packages are not published, install both from their files"
  );
}

// What a terminal sends reaches the child as well, and should reach it once.
const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
const passed = ["SIGHUP", "SIGTERM", "SIGUSR2", "SIGWINCH", "SIGCONT"];
const handlers = new Map();
let child;
for (const signal of [...passed, "SIGINT", "SIGQUIT"]) {
  if (process.platform === "win32" && !["SIGINT", "SIGTERM", "SIGHUP"].includes(signal)) continue;
  const handler = () => {
    if (passed.includes(signal) || !hasTerminal) child.kill(signal);
  };
  handlers.set(signal, handler);
  process.on(signal, handler);
}

// After that, or a signal in between would end only this process.
child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => fail(`cannot start ${program}: ${error.message}`));
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  // The starter sees what ended the program.
  for (const [of, handler] of handlers) process.removeListener(of, handler);
  process.kill(process.pid, signal);
  setTimeout(() => process.exit(128 + (constants.signals[signal] || 0)), 1000);
});
