import { computed, createApp, h, ref } from "tinyvue";
import { products } from "./api.js";

createApp({
  setup() {
    const list = ref([]);
    const fault = ref("");
    const value = computed(() => list.value.reduce((sum, p) => sum + Number(p.price) * p.stock, 0).toFixed(2));
    products().then((found) => { list.value = found; }, (error) => { fault.value = error.message; });
    return () => h("main", null,
      h("h1", null, APP_TITLE),
      fault.value && h("p", { class: "fault" }, fault.value),
      h("table", null,
        h("tr", null, ...["Name", "Price", "Stock"].map((title) => h("th", null, title))),
        ...list.value.map((p) => h("tr", null, h("td", null, p.name), h("td", null, p.price), h("td", null, p.stock)))),
      h("p", null, `Goods worth ${value.value}`));
  },
}).mount("#app");
