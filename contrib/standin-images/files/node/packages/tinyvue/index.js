// ref, computed, watchEffect, h and createApp: enough of a reactive front end for a small site.

let active = null;

export function ref(initial) {
  let value = initial;
  const readers = new Set();
  return {
    get value() {
      if (active) readers.add(active);
      return value;
    },
    set value(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const run of [...readers]) run();
    },
  };
}

export function watchEffect(effect) {
  const run = () => {
    const outer = active;
    active = run;
    try {
      effect();
    } finally {
      active = outer;
    }
  };
  run();
}

export function computed(getter) {
  const cell = ref(undefined);
  watchEffect(() => { cell.value = getter(); });
  return { get value() { return cell.value; } };
}

export function h(tag, props, ...children) {
  return { tag, props: props || {}, children: children.flat() };
}

function make(node) {
  if (node === null || node === undefined || node === false) return document.createTextNode("");
  if (typeof node !== "object") return document.createTextNode(String(node));
  const element = document.createElement(node.tag);
  for (const [key, value] of Object.entries(node.props)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2).toLowerCase(), value);
    else element.setAttribute(key, value);
  }
  element.append(...node.children.map(make));
  return element;
}

export function createApp(component) {
  return {
    mount(selector) {
      const render = component.setup();
      const target = document.querySelector(selector);
      watchEffect(() => target.replaceChildren(make(render())));
    },
  };
}
