/** What a release publishes, and the workflow that publishes it. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import packageJson from "../../package.json";
import { command } from "../support/executables.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";

setDefaultTimeout(60_000);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const textOf = (...names: string[]) => Bun.file(join(ROOT, ...names)).text();
const release = (...args: string[]) =>
  command([process.execPath, join(ROOT, "deploy", "release.ts"), ...args]);

interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

interface Job {
  uses?: string;
  needs?: string;
  permissions?: Record<string, string>;
  steps?: { run?: string; uses?: string }[];
}

const workflowOf = async (name: string) =>
  Bun.YAML.parse(await textOf(".github", "workflows", name)) as Workflow;
const workflow = await workflowOf("release.yaml");
const commands = (workflow.jobs["publish"]?.steps ?? []).map(({ run }) => run ?? "");

/** The actions that both workflows use, with their versions. */
function actionsIn(text: string): string[] {
  const uses = text.matchAll(/uses: ((?:actions\/checkout|oven-sh\/setup-bun)@\S+)/g);
  return Array.from(uses, ([, action = ""]) => action);
}

function bunIn(text: string): string | undefined {
  return /bun-version: (\S+)/.exec(text)?.[1];
}

describe("bun run release", () => {
  test("takes the notes from the section of the version in the changelog", async () => {
    const { stdout, exitCode } = await release("--notes", "--tag", `v${packageJson.version}`);
    expect(exitCode).toBe(0);
    const [, after = ""] = (await textOf("CHANGELOG.md")).split(`\n## ${packageJson.version}\n`);
    const [section = ""] = after.split("\n## ");
    expect(stdout.trim()).toBe(section.trim());
    expect(stdout).toMatch(/^(?:### \w+\n\n)?- /);
  });

  test.each([
    [["--tag", "v0.0.1"], `the tag v0.0.1 is not v${packageJson.version}, the version in`],
    [["--tag", packageJson.version], `the tag ${packageJson.version} is not v`],
    [["--nope"], "Unknown option '--nope'. Try bun run release --help"],
    [["nope"], "Unknown word 'nope'. Try bun run release --help"],
    [["--out", ROOT], `${ROOT} is not empty`],
  ])("%p is refused in one line", async (args, message) => {
    const { stderr, stdout, exitCode } = await release(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toStartWith(`release: ${message}`);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

describe("The release workflow", () => {
  test("publishes after a tag, and only if all tests pass on it", async () => {
    expect(workflow.on).toEqual({ push: { tags: ["v*"] } });
    expect(workflow.jobs["ci"]?.uses).toBe("./.github/workflows/ci.yaml");
    expect((await workflowOf("ci.yaml")).on).toHaveProperty("workflow_call");
    expect(workflow.jobs["publish"]?.needs).toBe("ci");
  });

  test("may write only from the job that publishes", () => {
    expect(workflow.permissions).toEqual({});
    expect(workflow.jobs["ci"]?.permissions).toEqual({ contents: "read" });
  });

  test("uses the actions in the versions of the other workflow, and the same Bun", async () => {
    const [own, other] = await Promise.all(
      ["release.yaml", "ci.yaml"].map((name) => textOf(".github", "workflows", name)),
    );
    expect(actionsIn(own ?? "")).toEqual(actionsIn(other ?? ""));
    expect(bunIn(own ?? "")).toBe(bunIn(other ?? "") ?? "none");
  });

  test("runs only scripts of package.json", () => {
    const text = commands.join("\n");
    const scripts = Array.from(text.matchAll(/bun run (\w+)/g), ([, name]) => name);
    expect(scripts).toEqual(["release", "release"]);
    expect(Object.keys(packageJson.scripts)).toContain("release");
  });

  test("has shell commands without a syntax error", async () => {
    expect(commands.filter(Boolean).length).toBeGreaterThan(3);
    for (const script of commands) {
      const path = join(folder.path, "step.sh");
      await Bun.write(path, script.replaceAll(/\$\{\{.*?\}\}/g, "x"));
      expect(await command(["bash", "-n", path])).toMatchObject({ exitCode: 0, stderr: "" });
    }
  });
});
