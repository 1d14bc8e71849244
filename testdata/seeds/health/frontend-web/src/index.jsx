/** @jsx createElement */
import { createElement, createRoot, useEffect, useState } from "tinyreact";

function Pressure({ reading }) {
  const high = reading.systolic >= 140 || reading.diastolic >= 90;
  return <span className={high ? "high" : "normal"}>{reading.systolic}/{reading.diastolic}</span>;
}

function Patients() {
  const [patients, setPatients] = useState([]);
  const [fault, setFault] = useState("");
  useEffect(() => {
    fetch(`${API_BASE_URL}/patients`)
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`status ${answer.status}`))))
      .then(setPatients, (error) => setFault(error.message));
  }, []);
  if (fault) return <p>{fault}</p>;
  return (
    <ul>
      {patients.map((patient) => (
        <li>{patient.name} {patient.readings.map((reading) => <Pressure reading={reading} />)}</li>
      ))}
    </ul>
  );
}

createRoot(document.getElementById("root")).render(<Patients />);
