// Function components with state by the order of their calls, rendered anew as a whole on each change.

let cells = [];
let cursor = 0;
let schedule = () => {};

export function createElement(type, props, ...children) {
  return { type, props: { ...(props || {}), children: children.flat() } };
}

export const Fragment = ({ children }) => children;

export function useState(initial) {
  const at = cursor++;
  if (!(at in cells)) cells[at] = initial;
  const set = (next) => {
    cells[at] = typeof next === "function" ? next(cells[at]) : next;
    schedule();
  };
  return [cells[at], set];
}

export function useEffect(effect, dependencies) {
  const at = cursor++;
  const before = cells[at];
  if (before && dependencies && dependencies.every((value, i) => Object.is(value, before[i]))) return;
  cells[at] = dependencies || [];
  queueMicrotask(effect);
}

function build(node) {
  if (Array.isArray(node)) return node.flatMap(build);
  if (node === null || node === undefined || typeof node === "boolean") return [];
  if (typeof node !== "object") return [document.createTextNode(String(node))];
  if (typeof node.type === "function") return build(node.type(node.props));
  const element = document.createElement(node.type);
  const { children, ...rest } = node.props;
  for (const [key, value] of Object.entries(rest)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2).toLowerCase(), value);
    else element.setAttribute(key === "className" ? "class" : key, value);
  }
  element.append(...build(children));
  return [element];
}

export function createRoot(target) {
  return {
    render(root) {
      let queued = false;
      const draw = () => {
        queued = false;
        cursor = 0;
        target.replaceChildren(...build(root));
      };
      schedule = () => {
        if (!queued) queueMicrotask(draw);
        queued = true;
      };
      cells = [];
      draw();
    },
  };
}
