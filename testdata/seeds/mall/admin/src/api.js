export async function products() {
  const answer = await fetch("/api/products");
  if (!answer.ok) throw new Error(`the back end answered ${answer.status}`);
  return answer.json();
}
