# A Terraform configuration of this test's own, and backends for it. The real program where there is one, else a strict stub.

# Put a terraform on the PATH; says plainly when it is the stub.
terraform_find() {
  unset TF_CLI_CONFIG_FILE
  export CHECKPOINT_DISABLE=1 TF_INPUT=0 TF_CLI_ARGS=-no-color
  command -v terraform >/dev/null || PATH="$LIFEBOAT_TESTS/stubs:$PATH"
  [[ $(command -v terraform) != "$LIFEBOAT_TESTS"/* ]] || printf '# terraform: STUB\n' >&3
}

# Lay out a host with the kind, and a configuration of resources in $TF with the backend block given.
new_terraform_host() {
  new_host
  TF="$HOST/data/infra"
  mkdir -p "$TF"
  set_fact KIND terraformState
  set_fact TYPE terraform
  set_fact TERRAFORM_PROGRAM terraform
  set_fact TERRAFORM_DIRECTORY "$TF"
  set_fact TERRAFORM_WORKSPACE default
  set_list TERRAFORM_NAMES
  set_list TERRAFORM_SECRETS
  set_fact VERSIONS_PREFIX ''
  set_list OWN_SETTINGS
  [[ -z ${1:-} ]] || printf 'terraform {\n%s\n}\n' "$1" >"$TF/backend.tf"
  tf_resources a b
  tf init >/dev/null
  relink
}

# Terraform as the operator runs it.
tf() { terraform -chdir="$TF" "$@"; }

# The configuration holds these resources.
tf_resources() {
  local name
  for name in "$@"; do printf 'resource "terraform_data" "%s" {\n  input = "value of %s"\n}\n' "$name" "$name"; done >"$TF/main.tf"
}

# Make them real.
tf_apply() { tf apply -auto-approve >/dev/null; }

# A value at the top of the live state, or of a file.
tf_field() {
  if (($# > 1)); then cat "$2"; else tf state pull; fi | sed -n "s/^  \"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p"
}

# What the live state holds, without its counters.
tf_content() { tf state pull | grep -v -e '^  "serial"' -e '^  "lineage"' -e '^  "terraform_version"'; }

# The resources of the live state on one line.
tf_list() { tf state list | tr '\n' ' '; }

# A server for the http backend at $HTTP. `tf_http_say WORD` makes it misbehave once: `stall` keeps the client waiting after the next
# state was stored, `tamper` changes it; `garble` damages what is stored; `lock` and `unlock` are somebody else's.
tf_http_up() {
  HTTP="http://127.0.0.1:$(free_port)"
  TF_BACKEND="  backend \"http\" {
    address = \"$HTTP/s\"
  }"
  cat >"$BATS_TEST_TMPDIR/server.py" <<'END'
import base64, http.server, sys, time
state, lock, mode = None, None, ""
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words): pass
    def reply(self, code, body=b""):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))
    def allowed(self):
        given = self.headers.get("Authorization", "")
        if not sys.argv[2:] or given == "Basic " + base64.b64encode(sys.argv[2].encode()).decode(): return True
        self.reply(401)
    def do_GET(self):
        if self.allowed(): self.reply(200, state) if state else self.reply(404)
    def do_POST(self):
        global state, mode
        body = self.body()
        if not self.allowed(): return
        state, now, mode = body, mode, ""
        if now == "tamper": state = state.replace(b"value of", b"other value of")
        if now == "stall": time.sleep(60)
        self.reply(200)
    def do_PUT(self):
        global state, lock, mode
        word = self.path[1:]
        if word == "garble": state = state[:50]
        elif word == "lose": state = None
        elif word == "lock": lock = b'{"ID":"x","Operation":"OperationTypeApply","Who":"somebody@else"}'
        elif word == "unlock": lock = None
        else: mode = word
        self.reply(200)
    def do_LOCK(self):
        global lock
        body = self.body()
        if lock: return self.reply(423, lock)
        lock = body
        self.reply(200)
    def do_UNLOCK(self):
        global lock
        self.body()
        lock = None
        self.reply(200)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
END
  python3 "$BATS_TEST_TMPDIR/server.py" "${HTTP##*:}" "$@" >"$BATS_TEST_TMPDIR/server.log" 2>&1 </dev/null 3>&- &
  HTTP_PID=$!
  eventually curl -s -o "$BATS_TEST_TMPDIR/answer" "$HTTP/s"
}

tf_http_say() { curl -s -f -X PUT "$HTTP/$1"; }

tf_http_down() {
  [[ -z ${HTTP_PID:-} ]] || kill "$HTTP_PID" 2>/dev/null || true
  HTTP_PID=''
}
