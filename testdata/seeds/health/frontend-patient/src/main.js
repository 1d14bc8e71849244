import { createApp, h, ref } from "tinyvue";

createApp({
  setup() {
    const readings = ref([]);
    const add = (event) => {
      event.preventDefault();
      const [systolic, diastolic] = new FormData(event.target).get("pressure").split("/").map(Number);
      if (systolic > diastolic) {
        readings.value = [...readings.value, { systolic, diastolic }];
        fetch(`${API_BASE_URL}/patients/1/readings`, { method: "POST", body: JSON.stringify({ systolic, diastolic }) });
      }
    };
    return () => h("main", null,
      h("form", { onSubmit: add }, h("input", { name: "pressure", placeholder: "120/80" }), h("button", null, "Keep")),
      h("ul", null, ...readings.value.map((r) => h("li", null, `${r.systolic}/${r.diastolic}`))));
  },
}).mount("#app");
