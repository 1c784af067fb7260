import { XMLParser, XMLValidator } from "fast-xml-parser";

const UWS = "http://www.ivoa.net/xml/UWS/v1.0";
const XLINK = "http://www.w3.org/1999/xlink";
const XSI = "http://www.w3.org/2001/XMLSchema-instance";

/** An element with its names resolved: `{namespace}local`; attributes without a namespace by their bare name. */
export type XmlElement = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
};

/** Reads a document with its namespaces; throws where it is not well-formed. */
export function readXml(document: string): XmlElement {
  const verdict = XMLValidator.validate(document);
  if (verdict !== true) throw new Error(`Not well-formed: ${verdict.err.msg} (line ${verdict.err.line})`);
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "",
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    htmlEntities: true,
  });
  const nodes = (parser.parse(document) as RawNode[]).filter((node) => !("?xml" in node) && !("#text" in node));
  if (nodes.length !== 1) throw new Error(`${nodes.length} root elements`);
  return resolve(nodes[0], {});
}

type RawNode = Record<string, unknown>;

function resolve(node: RawNode, outer: Readonly<Record<string, string>>): XmlElement {
  const tag = Object.keys(node).find((key) => key !== ":@") ?? "";
  const raw = (node[":@"] ?? {}) as Record<string, string>;
  const prefixes: Record<string, string> = { ...outer };
  for (const [name, value] of Object.entries(raw)) {
    if (name === "xmlns") prefixes[""] = value;
    else if (name.startsWith("xmlns:")) prefixes[name.slice(6)] = value;
  }
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (!name.startsWith("xmlns")) attributes[name.includes(":") ? expand(name, prefixes) : name] = value;
  }
  const content = node[tag] as RawNode[];
  return {
    name: expand(tag, prefixes),
    attributes,
    children: content.filter((child) => !("#text" in child)).map((child) => resolve(child, prefixes)),
    text: content.map((child) => ("#text" in child ? String(child["#text"]) : "")).join(""),
  };
}

function expand(name: string, prefixes: Readonly<Record<string, string>>): string {
  const [prefix, local] = name.includes(":") ? name.split(":") : ["", name];
  if (prefix === "" && !Object.hasOwn(prefixes, "")) return local;
  if (!Object.hasOwn(prefixes, prefix)) throw new Error(`No namespace for the prefix of ${name}`);
  return `{${prefixes[prefix]}}${local}`;
}

// The schema of UWS 1.1 (version 1.1-REC-20161024), as tables: what the standard's XSD says, in a form that needs no
// program but this. `test/system/uws-schema.test.ts` asks the XSD itself.

type Content = "string" | "dateTime" | "int" | "phase" | "any" | readonly Child[];
type Child = {
  readonly name: string;
  readonly content: Content;
  readonly min: 0 | 1;
  readonly many?: boolean;
  readonly nillable?: boolean;
  readonly attributes?: Readonly<Record<string, Attribute>>;
};
type Attribute = { readonly pattern: RegExp; readonly required?: boolean };

const REFERENCE = { [`{${XLINK}}href`]: { pattern: /^https?:\/\/\S+$/ }, [`{${XLINK}}type`]: { pattern: /^simple$/ } };
const PARAMETERS: Child = {
  name: "parameters",
  min: 0,
  content: [
    {
      name: "parameter",
      content: "string",
      min: 0,
      many: true,
      attributes: {
        id: { pattern: /./s, required: true },
        byReference: { pattern: /^(true|false|1|0)$/ },
        isPost: { pattern: /^(true|false|1|0)$/ },
      },
    },
  ],
};
const RESULTS: Child = {
  name: "results",
  min: 1,
  content: [
    {
      name: "result",
      content: [],
      min: 0,
      many: true,
      attributes: {
        id: { pattern: /./, required: true },
        size: { pattern: /^\d+$/ },
        "mime-type": { pattern: /.+/ },
        ...REFERENCE,
      },
    },
  ],
};
const VERSION = { version: { pattern: /^1\.1$/, required: true } };
const JOB: Child = {
  name: "job",
  min: 1,
  attributes: VERSION,
  content: [
    { name: "jobId", content: "string", min: 1 },
    { name: "runId", content: "string", min: 0 },
    { name: "ownerId", content: "string", min: 1, nillable: true },
    { name: "phase", content: "phase", min: 1 },
    { name: "quote", content: "dateTime", min: 0, nillable: true },
    { name: "creationTime", content: "dateTime", min: 1 },
    { name: "startTime", content: "dateTime", min: 1, nillable: true },
    { name: "endTime", content: "dateTime", min: 1, nillable: true },
    { name: "executionDuration", content: "int", min: 1 },
    { name: "destruction", content: "dateTime", min: 1, nillable: true },
    PARAMETERS,
    RESULTS,
    {
      name: "errorSummary",
      min: 0,
      attributes: {
        type: { pattern: /^(transient|fatal)$/, required: true },
        hasDetail: { pattern: /^(true|false|1|0)$/, required: true },
      },
      content: [{ name: "message", content: "string", min: 1 }],
    },
    { name: "jobInfo", content: "any", min: 0 },
  ],
};
const JOBS: Child = {
  name: "jobs",
  min: 1,
  attributes: VERSION,
  content: [
    {
      name: "jobref",
      min: 0,
      many: true,
      attributes: { id: { pattern: /./, required: true }, ...REFERENCE },
      content: [
        { name: "phase", content: "phase", min: 1 },
        { name: "runId", content: "string", min: 0 },
        { name: "ownerId", content: "string", min: 0, nillable: true },
        { name: "creationTime", content: "dateTime", min: 0 },
      ],
    },
  ],
};

const SIMPLE = {
  string: /^[^]*$/,
  dateTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, // UWS 1.1, section 2.2.1: always with Z
  int: /^\d{1,10}$/,
  phase: /^(PENDING|QUEUED|EXECUTING|COMPLETED|ERROR|UNKNOWN|HELD|SUSPENDED|ABORTED|ARCHIVED)$/,
} as const;

/** What is wrong with a UWS document of this kind; empty where nothing is. */
export function uwsFaults(document: string, kind: "job" | "jobs" | "parameters" | "results"): string[] {
  const rule = { job: JOB, jobs: JOBS, parameters: PARAMETERS, results: RESULTS }[kind];
  const root = readXml(document);
  if (root.name !== `{${UWS}}${kind}`) return [`the root is ${root.name}`];
  return elementFaults(root, rule);
}

function elementFaults(element: XmlElement, rule: Child): string[] {
  const faults = attributeFaults(element, rule);
  if (element.attributes[`{${XSI}}nil`] === "true") {
    if (rule.nillable !== true) faults.push(`${rule.name} cannot be nil`);
    if (element.text !== "" || element.children.length > 0) faults.push(`${rule.name} is nil and has content`);
    return faults;
  }
  if (rule.content === "any") return element.text.trim() === "" ? faults : [...faults, `${rule.name} has text`];
  if (typeof rule.content === "string") {
    if (element.children.length > 0) faults.push(`${rule.name} has children`);
    if (!SIMPLE[rule.content].test(element.text)) faults.push(`${rule.name} is ${JSON.stringify(element.text)}`);
    return faults;
  }
  if (element.text.trim() !== "") faults.push(`${rule.name} has text`);
  return [...faults, ...sequenceFaults(element, rule.content)];
}

/** Children in the order of an xs:sequence. */
function sequenceFaults({ children, name }: XmlElement, sequence: readonly Child[]): string[] {
  const faults: string[] = [];
  let at = 0;
  for (const rule of sequence) {
    const start = at;
    while (at < children.length && children[at].name === `{${UWS}}${rule.name}` && (at === start || rule.many)) {
      faults.push(...elementFaults(children[at++], rule));
    }
    if (at - start < rule.min) faults.push(`${name} has no ${rule.name} in its place`);
  }
  for (const { name: unexpected } of children.slice(at)) faults.push(`${name} has ${unexpected} where it may not`);
  return faults;
}

function attributeFaults({ attributes }: XmlElement, { name, attributes: rules = {} }: Child): string[] {
  const faults: string[] = [];
  for (const [attribute, value] of Object.entries(attributes)) {
    if (attribute.startsWith(`{${XSI}}`)) continue;
    if (!Object.hasOwn(rules, attribute)) faults.push(`${name} has no attribute ${attribute}`);
    else if (!rules[attribute].pattern.test(value)) faults.push(`${name}: ${attribute} is ${JSON.stringify(value)}`);
  }
  for (const [attribute, { required }] of Object.entries(rules)) {
    if (required === true && !Object.hasOwn(attributes, attribute)) faults.push(`${name} lacks ${attribute}`);
  }
  return faults;
}
