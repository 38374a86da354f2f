/**
 * Sends the requests of a `.http` file by the rules of VS Code's REST Client, as far as
 * docs/requests.http uses them: `###` before each request, lines that begin with `#` are comments,
 * `# @name`, and in `{{...}}` a variable of the file, `$timestamp`, or a member of the body or a
 * header of an earlier response. A definition `@name = value` holds in the whole file, the last one
 * of a name, and is read again for each request.
 */
export interface HttpFileRequest {
  /** The text after the `###`. */
  title: string;
  name: string | undefined;
  /** The request line, the headers, and the body after a blank line. */
  text: string;
}

interface Answered {
  headers: Headers;
  body: unknown;
}

const DEFINITION = /^@(\w+) *= *(.*)$/gm;

export class HttpFile {
  readonly requests: readonly HttpFileRequest[];
  #variables: Map<string, string>;
  #responses = new Map<string, Answered>();

  constructor(source: string) {
    const definitions = Array.from(source.matchAll(DEFINITION), ([, name = "", value = ""]) => {
      return [name, value] as const;
    });
    this.#variables = new Map(definitions);
    this.requests = source
      .split(/^###/m)
      .slice(1)
      .map((part) => {
        const [title = "", ...lines] = part.trim().split("\n");
        const name = /^# @name (\w+)$/m.exec(part)?.[1];
        const text = lines.filter((line) => !/^[#@]/.test(line)).join("\n");
        return { title, name, text };
      });
  }

  async send({ name, text }: HttpFileRequest): Promise<Response> {
    const [head = "", ...body] = this.#filled(text).split("\n\n");
    const [first = "", ...lines] = head.split("\n");
    const [method = "", url = ""] = first.split(" ");
    const response = await fetch(url, {
      method,
      headers: lines.map((line) => line.split(": ", 2) as [string, string]),
      ...(body.length > 0 && { body: body.join("\n\n") }),
    });
    if (name) {
      const body: unknown = await response.clone().json();
      this.#responses.set(name, { headers: response.headers, body });
    }
    return response;
  }

  #filled(text: string): string {
    return text.replaceAll(/\{\{(.+?)\}\}/g, (_all, name: string) => {
      const value = this.#valueOf(name);
      if (value === undefined) throw new Error(`Unknown variable {{${name}}}`);
      return this.#filled(value);
    });
  }

  #valueOf(name: string): string | undefined {
    if (name === "$timestamp") return String(Math.floor(Date.now() / 1000));
    const [, earlier = "", part, member = ""] =
      /^(\w+)\.response\.(body\.\$|headers)\.([\w-]+)$/.exec(name) ?? [];
    if (!part) return this.#variables.get(name);
    const response = this.#responses.get(earlier);
    if (!response) return undefined;
    if (part === "headers") return response.headers.get(member) ?? undefined;
    return String((response.body as Record<string, unknown>)[member]);
  }
}
