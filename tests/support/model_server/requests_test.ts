import { assertEquals, assertRejects } from "../assert.ts";
import { RequestBook, type RequestRecord } from "./requests.ts";

function request(number: number, change: Partial<RequestRecord> = {}): RequestRecord {
  return {
    number,
    method: "POST",
    path: "/v1/messages",
    protocol: "anthropic",
    headers: {},
    body: null,
    bytes: 0,
    model: null,
    stream: false,
    tools: [],
    format: null,
    step: 0,
    directive: "",
    status: 200,
    refusal: null,
    end: null,
    ...change,
  };
}

Deno.test("RequestBook.until() finds what is there already", async () => {
  const book = new RequestBook();
  book.add(request(1));
  book.add(request(2, { status: 400 }));
  assertEquals((await book.until(({ status }) => status === 400, 1000)).number, 2);
});

Deno.test("RequestBook.until() waits for what is still to come", async () => {
  const book = new RequestBook();
  const arrived = book.until(({ number }) => number === 2, 10_000);
  const ended = book.until(({ end }) => end === "abandoned", 10_000);
  book.add(request(1));
  const second = request(2);
  book.add(second);
  assertEquals(await arrived, second);
  book.end(second, "abandoned");
  assertEquals(await ended, second);
});

Deno.test("RequestBook.until() gives up in time and says what it saw", async () => {
  const book = new RequestBook();
  book.add(request(1, { directive: "[[cut]]" }));
  const wait = () => book.until(({ number }) => number === 2, 5);
  const seen = "No such request within 5 ms; seen: POST /v1/messages 200 [[cut]]";
  await assertRejects(wait, Error, seen);
  await assertRejects(() => new RequestBook().until(() => true, 5), Error, "seen: none");
});

Deno.test("RequestBook keeps the order of arrival", () => {
  const book = new RequestBook();
  for (const number of [2, 3, 1]) book.add(request(number));
  assertEquals(book.records.map(({ number }) => number), [1, 2, 3]);
});

Deno.test("RequestBook takes the first end for the end", () => {
  const heard: (string | null)[] = [];
  const book = new RequestBook(({ end }) => heard.push(end));
  const record = request(1);
  book.add(record);
  book.end(record, "cut");
  book.end(record, "abandoned");
  assertEquals(heard, [null, "cut"]);
});
