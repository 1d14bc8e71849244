// registry.js FOLDER PORT: serve a folder of npm tarballs as a registry on loopback.
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const http = require("http");
const path = require("path");
const { execFileSync } = require("child_process");

const [folder, port] = process.argv.slice(2);
const packuments = {};
for (const file of fs.readdirSync(folder).filter((name) => name.endsWith(".tgz"))) {
  const bytes = fs.readFileSync(path.join(folder, file));
  const manifest = JSON.parse(execFileSync("tar", ["-xzOf", path.join(folder, file), "package/package.json"]));
  const digest = (kind, form) => crypto.createHash(kind).update(bytes).digest(form);
  manifest.dist = {
    tarball: `http://127.0.0.1:${port}/-/${file}`,
    shasum: digest("sha1", "hex"),
    integrity: `sha512-${digest("sha512", "base64")}`,
  };
  const { name, version } = manifest;
  packuments[name] = { name, "dist-tags": { latest: version }, versions: { [version]: manifest } };
}

http
  .createServer((request, response) => {
    const name = decodeURIComponent(request.url.slice(1));
    if (packuments[name]) return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(packuments[name]));
    const file = path.join(folder, path.basename(name));
    if (name.startsWith("-/") && fs.existsSync(file)) return response.writeHead(200).end(fs.readFileSync(file));
    response.writeHead(404).end();
  })
  .listen(Number(port), "127.0.0.1");
