// The comparer beside jsondiffpatch on the same pairs of unequal JSON, in one run: rounds of both in
// turn, processor time, median of the rounds. Both begin with the text of two bodies and end with their
// differences.
//   npm install --prefix /tmp/jdp jsondiffpatch
//   NODE_PATH=/tmp/jdp/node_modules node bench/json_diff.mjs build/release/src/gnomon_compare_bench [ROUNDS]
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [bench, rounds = "5"] = process.argv.slice(2);
const slice_ms = 300;

async function load_jsondiffpatch() {
  for (const dir of (process.env.NODE_PATH ?? "").split(":").filter(Boolean)) {
    const root = join(dir, "jsondiffpatch");
    try {
      const main = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).main ?? "lib/index.js";
      return await import(pathToFileURL(join(root, main)));
    } catch {
      continue;
    }
  }
  return import("jsondiffpatch");
}

function theirs(differ, pair) {
  let runs = 0;
  const begin = process.cpuUsage();
  let used = 0;
  do {
    const delta = differ.diff(JSON.parse(pair.left), JSON.parse(pair.right));
    if (delta === undefined) throw new Error(`${pair.name}: no difference`);
    ++runs;
    const { user, system } = process.cpuUsage(begin);
    used = user + system;
  } while (used < slice_ms * 1000);
  return (pair.bytes * runs) / used; // MB/s
}

function ours(pair) {
  const out = execFileSync(bench, [
    `--benchmark_filter=^${pair.name}$`,
    `--benchmark_min_time=${slice_ms / 1000}`,
    "--benchmark_format=json",
  ]);
  return JSON.parse(out).benchmarks[0].bytes_per_second / 1e6;
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

const directory = mkdtempSync(join(tmpdir(), "pairs-"));
execFileSync(bench, [`--write-pairs=${directory}`]);
const pairs = readdirSync(directory)
  .filter((file) => file.endsWith(".left.json"))
  .map((file) => {
    const name = file.replace(".left.json", "");
    const left = readFileSync(join(directory, file), "utf8");
    const right = readFileSync(join(directory, `${name}.right.json`), "utf8");
    return { name, left, right, bytes: left.length + right.length, ours: [], theirs: [] };
  });
rmSync(directory, { recursive: true });

const { create } = await load_jsondiffpatch();
const differ = create({ objectHash: (item) => item.id });
for (let round = 0; round < Number(rounds); ++round) {
  for (const pair of pairs) {
    const order = round % 2 === 0 ? ["ours", "theirs"] : ["theirs", "ours"];
    for (const side of order) pair[side].push(side === "ours" ? ours(pair) : theirs(differ, pair));
  }
}
console.log("| pair | gnomon MB/s | jsondiffpatch MB/s | times |\n|---|---|---|---|");
for (const pair of pairs) {
  const [a, b] = [median(pair.ours), median(pair.theirs)];
  console.log(`| ${pair.name} | ${a.toFixed(0)} | ${b.toFixed(1)} | ${(a / b).toFixed(1)} |`);
}
