// Opens an HTML report in Chromium as a reader would: node browse.mjs REPORT FOLDER. Screenshots go to
// the folder; what is wrong goes to stderr, with exit code 1.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [report, folder] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

try {
  for (const scheme of ["light", "dark"]) await look(scheme);
  await filters();
} finally {
  await browser.close();
}

// open loads the report, and fails on whatever it says to the console or asks of the network.
async function open(options) {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })).newPage();
  const own = pathToFileURL(report).href;
  const wrong = [];
  page.on("console", (m) => wrong.push(`console ${m.type()}: ${m.text()}`));
  page.on("pageerror", (e) => wrong.push(`error: ${e}`));
  page.on("request", (r) => { if (r.url() !== own && !r.url().startsWith("data:")) wrong.push(`request: ${r.url()}`); });
  await page.goto(own);
  await page.waitForLoadState("networkidle");
  assert.deepEqual(wrong, []);
  return page;
}

async function look(scheme) {
  const page = await open({ colorScheme: scheme });
  await page.screenshot({ path: path.join(folder, `${scheme}.png`), fullPage: true });
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
  assert.ok(passes.length > 10, "axe looked at next to nothing");
  const said = violations.map((v) => `${scheme}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html).join(" ")}`);
  assert.deepEqual(said, []);
  await page.emulateMedia({ media: "print", colorScheme: scheme });
  const shown = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(shown, "rgb(255, 255, 255)", `${scheme}: paper is white`);
}

// filters works the page by keyboard alone.
async function filters() {
  const page = await open({});
  const visible = () => page.locator(".finding:visible").count();
  const all = await visible();
  assert.ok(all > 1, "a report of one finding has nothing to filter");
  assert.equal(await page.locator("#shown").textContent(), `${all} of ${all} findings`);

  await page.keyboard.press("Tab"); // the link that skips the matrix comes first
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await tabTo(page, "filter-level");
  await page.keyboard.type("error");
  const errors = await page.locator(".finding.error:visible").count();
  assert.ok(errors > 0 && errors < all, `${errors} errors of ${all} findings`);
  assert.equal(await visible(), errors);

  await tabTo(page, "filter-rule");
  const rule = await page.evaluate(() => document.querySelector(".finding.error").dataset.rule);
  await page.keyboard.type(rule);
  const ofRule = await page.evaluate((r) => [...document.querySelectorAll(".finding:not([hidden])")].every((f) => f.dataset.rule === r), rule);
  assert.ok(ofRule && await visible() > 0, `filter by the rule ${rule}`);

  await tabTo(page, "filter-target");
  await page.keyboard.press("ArrowDown");
  const target = await page.locator("#filter-target").inputValue();
  assert.notEqual(target, "");
  for (const f of await page.locator(".finding:visible").all()) {
    assert.ok((await f.getAttribute("data-targets")).split(" ").includes(target), `filter by the target ${target}`);
  }
  await page.evaluate(() => document.querySelector(".filters").reset());
  await page.waitForFunction((n) => document.querySelectorAll(".finding:not([hidden])").length === n, all);

  await tabTo(page, "filter-text");
  await page.keyboard.type("no finding says this");
  assert.equal(await visible(), 0);
  assert.equal(await page.locator("#shown").textContent(), `0 of ${all} findings`);
}

async function tabTo(page, id) {
  for (let i = 0; i < 200; i++) {
    if (await page.evaluate(() => document.activeElement.id) === id) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`no way to #${id} by keyboard`);
}
