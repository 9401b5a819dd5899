import { dirname, join } from 'node:path';
import ts from 'typescript';

/** Kinds of values that `typeof` and a few looks tell apart. */
export type Kind =
  | 'number'
  | 'string'
  | 'boolean'
  | 'bigint'
  | 'symbol'
  | 'function'
  | 'list'
  | 'bytes'
  | 'url'
  | 'object'
  | 'null'
  | 'nothing';

/** What the types say of a value. */
export interface Shape {
  /** Kinds that it may be of; empty where it may be anything. */
  readonly kinds: ReadonlySet<Kind>;
  /** The texts that it may be, where it may be only some. */
  readonly words: readonly string[];
  /** Names of the classes and interfaces that it may be of. */
  readonly names: readonly string[];
  /** Its options by name, where it is an object of options. */
  readonly options: () => readonly Parameter[];
  /** What a list of it holds. */
  readonly each: () => Shape | undefined;
}

export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly isNeeded: boolean;
}

/** A function that users call. */
export interface Door {
  /** `toneSamples`, `Prompts.open`, `new Mixer`, `Mixer#read`. */
  readonly name: string;
  /** The name of the class or interface that it belongs to. */
  readonly owner: string | undefined;
  /** Its own name. */
  readonly member: string;
  readonly kind: 'function' | 'static' | 'constructor' | 'method';
  readonly parameters: readonly Parameter[];
}

/** The types: of what was built where that is tested, which have no bodies to be read; otherwise of the source. */
const [FROM, ENDING] =
  process.env['MODE'] === 'built' ? (['dist', '.d.ts'] as const) : (['src', '.ts'] as const);
const TYPES = join(import.meta.dirname, '../..', FROM);
const ALL = join(import.meta.dirname, '../all-names.ts');
/** Names of the platform that the types take as given. Its own declarations are not read, which would take long. */
const PLATFORM = join(TYPES, 'platform.d.ts');
const PLATFORM_TEXT = `declare class AbortSignal { readonly aborted: boolean }
  declare class URL { readonly href: string }
  interface Buffer extends Uint8Array {}`;
/** Kinds of objects that have a kind of their own, by the names of their types. */
const OBJECT_KINDS: Readonly<Record<string, Kind>> = { Buffer: 'bytes', Uint8Array: 'bytes', URL: 'url' };
/** Private, or for other files of the package only. */
const HIDDEN = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

/** Every public function with parameters, from the types alone. */
export function publicDoors(): readonly Door[] {
  const program = programOfSource();
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(ALL);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error('the public names cannot be read');
  return checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .flatMap((symbol) => doorsOf(symbol, checker))
    .filter(({ parameters }) => parameters.length > 0);
}

function programOfSource(): ts.Program {
  const options: ts.CompilerOptions = {
    ...{
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      lib: ['lib.es2023.d.ts'],
      types: [],
    },
    ...{ moduleResolution: ts.ModuleResolutionKind.NodeNext, strict: true, exactOptionalPropertyTypes: true },
  };
  const host = ts.createCompilerHost(options, true);
  const { getSourceFile } = host;
  host.getSourceFile = (name, ...rest) =>
    name === PLATFORM
      ? ts.createSourceFile(name, PLATFORM_TEXT, ts.ScriptTarget.ES2022)
      : getSourceFile.call(host, name, ...rest);
  host.resolveModuleNameLiterals = (literals, from) =>
    literals.map(({ text }) => {
      if (!text.startsWith('.')) return { resolvedModule: undefined };
      const path = join(dirname(from), text.replace(/\.js$/, ENDING).replace('../src/', `../${FROM}/`));
      return {
        resolvedModule: { resolvedFileName: path, extension: ENDING, isExternalLibraryImport: false },
      };
    });
  return ts.createProgram([ALL, PLATFORM], options, host);
}

function doorsOf(symbol: ts.Symbol, checker: ts.TypeChecker): Door[] {
  const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
  if (!declaration) return [];
  const { name } = symbol;
  const made = (kind: Door['kind'], member: string, node: ts.SignatureDeclaration): Door => ({
    name: {
      function: name,
      static: `${name}.${member}`,
      constructor: `new ${name}`,
      method: `${name}#${member}`,
    }[kind],
    owner: kind === 'function' ? undefined : name,
    member,
    kind,
    parameters: node.parameters.map((parameter) => parameterOf(parameter, checker)),
  });
  if (ts.isFunctionDeclaration(declaration)) return [made('function', name, declaration)];
  if (ts.isClassDeclaration(declaration)) {
    const own = declaration.members.flatMap((member): Door[] => {
      if (isHidden(member)) return [];
      if (ts.isConstructorDeclaration(member)) return [made('constructor', name, member)];
      const isStatic = ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static;
      return isStatic && ts.isMethodDeclaration(member)
        ? [made('static', member.name.getText(), member)]
        : [];
    });
    return [...own, ...methodsOf(checker.getDeclaredTypeOfSymbol(symbol), checker, made)];
  }
  if (!ts.isInterfaceDeclaration(declaration)) return [];
  return methodsOf(checker.getDeclaredTypeOfSymbol(symbol), checker, made);
}

/** Methods and setters of a class or interface, inherited ones as well. */
function methodsOf(
  type: ts.Type,
  checker: ts.TypeChecker,
  made: (kind: 'method', member: string, node: ts.SignatureDeclaration) => Door,
): Door[] {
  return checker.getPropertiesOfType(type).flatMap((property) =>
    (property.declarations ?? [])
      .filter((node) => ts.isMethodDeclaration(node) || ts.isMethodSignature(node) || ts.isSetAccessor(node))
      .filter((node) => node.getSourceFile().fileName.startsWith(TYPES) && !isHidden(node))
      // One that an instance may be without belongs to those that have it.
      .filter((node) => !(ts.isMethodSignature(node) && node.questionToken))
      .slice(-1)
      .map((node) => made('method', property.name, node)),
  );
}

function isHidden(node: ts.ClassElement | ts.TypeElement): boolean {
  if (ts.getCombinedModifierFlags(node) & HIDDEN) return true;
  if (node.name && (ts.isPrivateIdentifier(node.name) || ts.isComputedPropertyName(node.name))) return true;
  return ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal');
}

function parameterOf(node: ts.ParameterDeclaration, checker: ts.TypeChecker): Parameter {
  return {
    name: ts.isIdentifier(node.name) ? node.name.text : 'options',
    shape: shapeOf(checker.getTypeAtLocation(node), checker),
    isNeeded: !node.questionToken && !node.initializer && !node.dotDotDotToken,
  };
}

function shapeOf(type: ts.Type, checker: ts.TypeChecker): Shape {
  const parts = partsOf(type, checker);
  const isAny = parts.some(({ flags }) => flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown));
  return {
    kinds: new Set(isAny ? [] : parts.flatMap((part) => kindsOf(part, checker))),
    words: parts.flatMap((part) => (part.isStringLiteral() ? [part.value] : [])),
    names: parts
      .map((part) => part.aliasSymbol?.name ?? part.symbol?.name ?? '')
      .filter((name) => name !== '__type'),
    options: () => {
      const [given, ...others] = parts.filter((part) => isOptions(part, checker));
      return !given || others.length > 0 ? [] : optionsOf(given, checker);
    },
    each: () => {
      const [list, ...others] = parts.filter((part) => checker.isArrayType(part));
      const [each] = list && others.length === 0 ? checker.getTypeArguments(list as ts.TypeReference) : [];
      return each && shapeOf(each, checker);
    },
  };
}

function partsOf(type: ts.Type, checker: ts.TypeChecker): readonly ts.Type[] {
  const constraint = type.isTypeParameter() ? checker.getBaseConstraintOfType(type) : undefined;
  const whole = constraint ?? (type.flags & ts.TypeFlags.Index ? checker.getApparentType(type) : type);
  if (whole.isUnion()) return whole.types.flatMap((each) => partsOf(each, checker));
  return [whole];
}

function kindsOf(type: ts.Type, checker: ts.TypeChecker): readonly Kind[] {
  const { flags } = type;
  // Some texts only: that another text is none of them is looked at by `words`.
  if (flags & ts.TypeFlags.StringLiteral) return [];
  if (flags & (ts.TypeFlags.StringLike | ts.TypeFlags.Index)) return ['string'];
  // `string & {}`: any text, besides those that are listed.
  if (type.isIntersection() && type.types.some((each) => each.flags & ts.TypeFlags.StringLike))
    return ['string'];
  if (flags & ts.TypeFlags.NumberLike) return ['number'];
  if (flags & ts.TypeFlags.BooleanLike) return ['boolean'];
  if (flags & ts.TypeFlags.BigIntLike) return ['bigint'];
  if (flags & ts.TypeFlags.ESSymbolLike) return ['symbol'];
  if (flags & ts.TypeFlags.Null) return ['null'];
  if (flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)) return ['nothing'];
  if (checker.isArrayType(type) || checker.isTupleType(type)) return ['list'];
  if (type.getCallSignatures().length > 0) return ['function'];
  return [OBJECT_KINDS[type.symbol?.name ?? ''] ?? 'object'];
}

/** An object that only says how something is to be done: its names are known, and others are refused. */
function isOptions(type: ts.Type, checker: ts.TypeChecker): boolean {
  if ((type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) === 0 || type.isClass()) return false;
  if (checker.isArrayType(type) || type.getCallSignatures().length > 0) return false;
  const name = type.aliasSymbol?.name ?? type.symbol?.name ?? '';
  if (
    !/(?:Options|Limits|Query|Rules|Policy|TransportWait|LegPair|Deposit|Partial|Pick|Omit|__type)$/.test(
      name,
    ) &&
    !type.isIntersection()
  )
    return false;
  return checker
    .getPropertiesOfType(type)
    .every(({ declarations = [] }) =>
      declarations.every(
        (node) => !ts.isMethodSignature(node) && node.getSourceFile().fileName.startsWith(TYPES),
      ),
    );
}

function optionsOf(type: ts.Type, checker: ts.TypeChecker): Parameter[] {
  return checker.getPropertiesOfType(type).map((property) => ({
    name: property.name,
    shape: shapeOf(checker.getTypeOfSymbol(property), checker),
    isNeeded: (property.flags & ts.SymbolFlags.Optional) === 0,
  }));
}
