/** The last reasons given on this machine, offered again. */
const NAME = 'tagmill.reasons';
const KEPT = 3;

export function lastReasons(): readonly string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(NAME) ?? '[]');
    return Array.isArray(found) ? found.filter((one) => typeof one === 'string').slice(0, KEPT) : [];
  } catch {
    // Not ours or damaged: there are simply no last reasons.
    return [];
  }
}

export function rememberReason(reason: string): void {
  const text = reason.trim();
  if (text === '') return;
  localStorage.setItem(NAME, JSON.stringify([text, ...lastReasons().filter((one) => one !== text)].slice(0, KEPT)));
}
