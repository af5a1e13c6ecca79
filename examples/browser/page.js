/** The page. It holds a token of ten minutes and nothing else; the client fetches the next one before that ends. */
import { createHedgerow, HedgerowError, persons } from '/hedgerow.js';

const find = (selector) => document.querySelector(selector);
const [form, table, rows, status, more] = ['form', 'table', 'tbody', '[role=status]', '#more'].map(find);

async function fetchToken() {
  const answer = await fetch('/hedgerow-token', { method: 'POST' });
  if (!answer.ok) throw new Error('Sign in again: reload the page.');
  return answer.text();
}

function addRow({ name, distinct_ids: [distinctId] }) {
  const row = rows.insertRow();
  // Text, never markup: a name is what somebody typed.
  for (const text of [name, distinctId]) row.insertCell().textContent = text ?? '';
}

function explain(error) {
  status.textContent =
    error instanceof HedgerowError ? `${error.code}: ${error.message} (${error.requestId})` : String(error);
}

async function start({ url, projectId }) {
  const hedgerow = createHedgerow({ url, getToken: fetchToken });
  const pages = persons.pages(hedgerow, { projectId, query: { limit: 10 } });
  const show = async () => {
    more.disabled = true;
    try {
      const { value: page, done } = await pages.next();
      for (const person of page?.results ?? []) addRow(person);
      more.hidden = done || page.next === null;
      status.textContent = `${rows.rows.length} persons`;
    } catch (error) {
      explain(error);
    }
    more.disabled = false;
  };
  table.hidden = false;
  more.addEventListener('click', show);
  await show();
}

const settings = await fetch('/settings');
if (settings.ok) await start(await settings.json());
else form.hidden = false;
