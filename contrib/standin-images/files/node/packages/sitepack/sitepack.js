#!/usr/bin/env node
// sitepack [--out DIR] [--define KEY=VALUE]...: bundle and minify what index.html names, under names with a hash.
"use strict";
const fs = require("fs");
const path = require("path");
const { execFileSync } = require("child_process");

function options(argv) {
  const found = { out: "dist", defines: [] };
  for (let i = 0; i < argv.length; i += 2) {
    if (argv[i] === "--out" && argv[i + 1]) found.out = argv[i + 1];
    else if (argv[i] === "--define" && argv[i + 1]) found.defines.push(argv[i + 1]);
    else throw new Error(`unknown or incomplete option ${argv[i]}`);
  }
  return found;
}

function bundle(entries, out, defines) {
  const meta = path.join(out, "meta.json");
  const flags = defines.map((d) => {
    const [key, ...value] = d.split("=");
    return `--define:${key}=${JSON.stringify(value.join("="))}`;
  });
  execFileSync(
    require.resolve("esbuild/bin/esbuild"),
    [...entries, "--bundle", "--minify", "--target=es2019", "--entry-names=[name]-[hash]", "--log-level=warning",
      `--outdir=${path.join(out, "assets")}`, `--metafile=${meta}`, ...flags],
    { stdio: "inherit" }
  );
  const outputs = JSON.parse(fs.readFileSync(meta, "utf8")).outputs;
  fs.unlinkSync(meta);
  return new Map(Object.entries(outputs).filter(([, o]) => o.entryPoint).map(([file, o]) => [o.entryPoint, { file, bytes: o.bytes }]));
}

function main() {
  const { out, defines } = options(process.argv.slice(2));
  let html = fs.readFileSync("index.html", "utf8");
  const entries = [...html.matchAll(/(?:src|href)="\/(src\/[^"]+)"/g)].map((m) => m[1]);
  if (entries.length === 0) throw new Error("index.html names no file below /src");
  fs.rmSync(out, { recursive: true, force: true });
  fs.mkdirSync(out, { recursive: true });
  for (const [entry, { file, bytes }] of bundle(entries, out, defines)) {
    html = html.replace(`"/${entry}"`, `"/${path.relative(out, file)}"`);
    console.log(`${file}  ${bytes} bytes`);
  }
  fs.writeFileSync(path.join(out, "index.html"), html);
  if (fs.existsSync("public")) fs.cpSync("public", out, { recursive: true });
}

try {
  main();
} catch (error) {
  console.error(`sitepack: ${error.message}`);
  process.exit(1);
}
