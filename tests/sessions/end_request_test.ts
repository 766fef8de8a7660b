import {
  endRequestPath,
  readEndRequest,
  withdrawEndRequest,
  writeEndRequest,
} from "../../src/sessions/end_request.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { inTemp } from "./support.ts";

Deno.test("writeEndRequest() leaves what readEndRequest() reads, until it is withdrawn", () =>
  inTemp((dir) => {
    assertEquals(readEndRequest(dir), undefined);
    const by = { pid: 12, startTime: "ps:1" };
    writeEndRequest(dir, { action: "kill", submitted: true, by });
    assertEquals(readEndRequest(dir), { action: "kill", submitted: true, by });
    writeEndRequest(dir, { action: "stop", submitted: false });
    assertEquals(readEndRequest(dir), { action: "stop", submitted: false });
    writeEndRequest(dir, { action: "stop", submitted: false, byOwner: true });
    assertEquals(readEndRequest(dir)?.byOwner, true);
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["end.json"]);
    withdrawEndRequest(dir);
    withdrawEndRequest(dir);
    assertEquals(readEndRequest(dir), undefined);
    assertThrows(
      () => writeEndRequest(`${dir}/gone`, { action: "kill", submitted: false }),
      Deno.errors.NotFound,
    );
    return Promise.resolve();
  }));

Deno.test("readEndRequest() takes nothing for a request that is none", () =>
  inTemp((dir) => {
    for (
      const text of [
        "",
        "null",
        "[]",
        '{"action":"kill"}',
        '{"action":"burn","submitted":true}',
        '{"action":"kill","submitted":true,"by":{"pid":"1","startTime":"ps:1"}}',
        '{"action":"kill","submitted":true,"by":null}',
        '{"action":"stop","submitted":true,"byOwner":"yes"}',
      ]
    ) {
      Deno.writeTextFileSync(endRequestPath(dir), text);
      assertEquals(readEndRequest(dir), undefined, text);
    }
    return Promise.resolve();
  }));
