import { describe, expect, it } from "vitest";
import { link, parseSource } from "../../compiler/render/linker.ts";

const prelude = parseSource(
  `# Exit code for usage.
readonly EX_USAGE=64
readonly EX_DATA=65

# Says something.
log_info() {
  printf '%s\\n' "$1 $ASSET"
}

# Not needed by anyone.
log_never() {
  log_info "$OTHER"
}

die() {
  exit "$1"
}
`,
  "prelude.sh",
);

describe("the linker", () => {
  it("takes what main reaches, with its comments, and nothing else", () => {
    const role = parseSource(
      "main() {\n  log_info hello\n  # log_never is only spoken of\n  die $EX_USAGE\n}\n",
      "role.sh",
    );
    const { code, facts } = link([prelude, role], ["ASSET", "OTHER"]);
    expect(code).toBe(
      `readonly EX_USAGE=64

# Says something.
log_info() {
  printf '%s\\n' "$1 $ASSET"
}

die() {
  exit "$1"
}

main() {
  log_info hello
  # log_never is only spoken of
  die $EX_USAGE
}
`,
    );
    expect([...facts]).toEqual(["ASSET"]);
  });

  it("takes a verb of the drivers that the script may meet, and of no others", () => {
    const drivers = parseSource(
      "ssh_exec() {\n  true\n}\n\nssh_label() {\n  true\n}\n\npod_exec() {\n  true\n}\n",
      "drivers.sh",
    );
    const role = parseSource('main() {\n  REMOTE_DRIVER="$1"\n  "${REMOTE_DRIVER}_exec"\n}\n', "role.sh");
    const { code } = link([drivers, role], [], { REMOTE: ["ssh"] });
    expect(code).toContain("ssh_exec()");
    expect(code).not.toContain("ssh_label()");
    expect(code).not.toContain("pod_exec()");
    expect(() => link([drivers, role], [], { REMOTE: ["carrier"] })).toThrow("no function carrier_exec");
  });

  it("refuses a file with anything but comments, constants and functions", () => {
    expect(() => parseSource("set -e\n", "x.sh")).toThrow("x.sh:1");
    expect(() => parseSource("x() {\n  true\n", "x.sh")).toThrow("does not end");
  });

  it("refuses a name that nothing defines", () => {
    const role = parseSource('main() {\n  printf "$NOT_A_FACT"\n}\n', "role.sh");
    expect(() => link([role], ["ASSET"])).toThrow("nothing defines NOT_A_FACT");
  });

  it("refuses two functions of one name", () => {
    const role = parseSource("main() {\n  die 1\n}\n\ndie() {\n  exit 1\n}\n", "role.sh");
    expect(() => link([prelude, role], [])).toThrow("die is defined twice");
  });
});
