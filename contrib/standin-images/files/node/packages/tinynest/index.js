"use strict";
const http = require("http");

// What the decorators note down: class -> { parts, prefix, tokens, routes }.
const notes = new WeakMap();
const note = (target) => {
  if (!notes.has(target)) notes.set(target, { routes: [], tokens: [], prefix: "", parts: {} });
  return notes.get(target);
};

const Injectable = () => (target) => { note(target); };
const Inject = (...tokens) => (target) => { note(target).tokens = tokens; };
const Controller = (prefix = "") => (target) => { note(target).prefix = prefix; };
const Module = (parts) => (target) => { note(target).parts = parts; };
const verb = (method) => (path = "") => (prototype, name) => {
  note(prototype.constructor).routes.push({ method, path, name });
};

class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function pattern(...parts) {
  const path = "/" + parts.join("/").split("/").filter(Boolean).join("/");
  const names = [];
  const source = path.replace(/:(\w+)/g, (_, name) => { names.push(name); return "([^/]+)"; });
  return { names, regexp: new RegExp(`^${source}/?$`) };
}

class Container {
  constructor() {
    this.instances = new Map();
    this.routes = [];
  }

  get(token) {
    if (!this.instances.has(token)) {
      this.instances.set(token, new token(...note(token).tokens.map((t) => this.get(t))));
    }
    return this.instances.get(token);
  }

  load(module, seen = new Set()) {
    if (seen.has(module)) return;
    seen.add(module);
    const { imports = [], providers = [], controllers = [] } = note(module).parts;
    for (const other of imports) this.load(other, seen);
    for (const provider of providers) this.get(provider);
    for (const controller of controllers) {
      const { prefix, routes } = note(controller);
      for (const { method, path, name } of routes) {
        this.routes.push({ method, ...pattern(prefix, path), handler: (c) => this.get(controller)[name](c) });
      }
    }
  }
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > 1 << 20) throw new HttpError(413, "body too large");
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new HttpError(400, "body is not JSON");
  }
}

class Application {
  constructor(container) {
    this.container = container;
    this.server = http.createServer((request, response) => this.answer(request, response));
  }

  async dispatch(request) {
    const url = new URL(request.url, "http://localhost");
    for (const { method, regexp, names, handler } of this.container.routes) {
      const match = method === request.method && regexp.exec(url.pathname);
      if (!match) continue;
      const params = Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(match[i + 1])]));
      return handler({ params, query: url.searchParams, body: await readBody(request) });
    }
    throw new HttpError(404, `no route ${request.method} ${url.pathname}`);
  }

  async answer(request, response) {
    let status = request.method === "POST" ? 201 : 200;
    let result;
    try {
      result = await this.dispatch(request);
    } catch (error) {
      status = error.status || 500;
      result = { statusCode: status, message: error.message };
    }
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(result));
  }

  listen(port, host = "0.0.0.0") {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(port, host, resolve);
    });
  }

  close() {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

const NestFactory = {
  async create(module) {
    const container = new Container();
    container.load(module);
    return new Application(container);
  },
};

module.exports = { Injectable, Inject, Controller, Module, Get: verb("GET"), Post: verb("POST"), HttpError, Application, NestFactory };
