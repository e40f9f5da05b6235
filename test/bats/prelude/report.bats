load ../lib/lifeboat

setup() { new_files_asset; }

# A real HTTP listener that writes each request's path and body to $HOST/requests.
start_listener() {
  cat >"$HOST/listener.py" <<'END'
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open(sys.argv[1], "a") as out:
            out.write(self.path + " " + body + "\n")
        self.send_response(500 if "broken" in self.path else 200)
        self.end_headers()
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[2], "w") as out:
    out.write(str(server.server_port))
server.serve_forever()
END
  python3 "$HOST/listener.py" "$HOST/requests" "$HOST/port" 3>&- &
  LISTENER=$!
  eventually test -s "$HOST/port"
  URL="http://127.0.0.1:$(cat "$HOST/port")"
}

teardown() {
  [[ -z ${LISTENER:-} ]] || kill "$LISTENER"
}

@test "history is a line of valid JSON a run, whatever is in the words" {
  run -0 in_runtime 'json_string "quote \" back \\ tab	 bell $(printf "\a") é 백업 😀
line"'
  python3 -c 'import json, sys; assert json.loads(sys.argv[1]) == "quote \" back \\ tab\t bell \a é 백업 😀\nline"' "$output"
  backup 2>/dev/null
  rm -rf "$HOST/data"
  run -69 backup
  run -0 restore --yes
  python3 - "$HOST/state/history.jsonl" <<'END'
import json, sys
first, second, third = map(json.loads, open(sys.argv[1], "rb").read().splitlines())
assert (first["action"], first["status"], first["code"], first["store"]) == ("backup", "success", 0, "disk")
assert first["raw_bytes"] > first["stored_bytes"] > 0 and first["phases"]["capture"] > 0 and first["seconds"] > 0
assert (second["status"], second["code"]) == ("failed", 69) and "is not there" in second["message"]
assert third["action"] == "restore" and third["set"] == first["set"] and set(third["phases"]) == {"stage", "verify", "swap", "check"}
assert set(first) == set("time plan host asset kind action status code seconds set store raw_bytes stored_bytes phases message".split())
END
}

@test "metrics: written in one piece, readable, the last success survives a failure" {
  set_fact METRICS_DIR "$HOST/metrics"
  set_fact PLAN 'a "quoted" plan'
  relink
  backup 2>/dev/null
  file="$HOST/metrics/lifeboat-thing-backup.prom"
  assert_same "$(stat -c %a "$file")" 644
  success="$(grep '^lifeboat_last_success' "$file")"
  [[ $success == 'lifeboat_last_success_timestamp_seconds{plan="a \"quoted\" plan",host="box",asset="thing",action="backup"} 1'* ]] || fail "$success"
  rm -rf "$HOST/data"
  run -69 backup
  assert_same "$(grep '^lifeboat_last_success' "$file")" "$success"
  grep -q '^lifeboat_last_status{.*} 69$' "$file"
  assert_same "$(ls "$HOST/metrics")" lifeboat-thing-backup.prom
}

@test "webhook and healthchecks are told of start, success and failure; the URL shows nowhere" {
  start_listener
  printf '%s/hook?token=tops3cret\n' "$URL" >"$HOST/url"
  printf '%s/ping/uuid/\n' "$URL" >"$HOST/ping"
  set_list HOOK_KINDS webhook healthchecks
  set_list HOOK_EVENTS success,failure start,success,failure
  set_list HOOK_TARGETS "file:$HOST/url" "file:$HOST/ping"
  relink
  (while [[ ! -e $HOST/done ]]; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' '; done >"$HOST/seen") 3>&- &
  run -0 backup
  assert_silent_about tops3cret
  rm -rf "$HOST/data"
  run -69 backup
  : >"$HOST/done"
  ! grep -q tops3cret "$HOST/seen" "$HOST/log/thing.log" "$HOST/state/history.jsonl"
  assert_same "$(cut -d' ' -f1 "$HOST/requests" | tr '\n' ' ')" '/ping/uuid/start /hook?token=tops3cret /ping/uuid /ping/uuid/start /hook?token=tops3cret /ping/uuid/fail '
  python3 - "$HOST/requests" <<'END'
import json, sys
bodies = [json.loads(line.split(" ", 1)[1]) for line in open(sys.argv[1])]
assert [b["event"] for b in bodies] == ["start", "success", "success", "start", "failure", "failure"]
assert bodies[1]["code"] == 0 and bodies[1]["set"] and bodies[1]["stored_bytes"] > 0
assert bodies[4]["code"] == 69 and "is not there" in bodies[4]["message"]
END
}

@test "a hook that fails, hangs or lacks its secret is a warning only" {
  start_listener
  printf '%s/broken\n' "$URL" >"$HOST/url"
  printf '#!/bin/sh\nprintf "%%s\\n" "$*" >>%s/called\nexit 3\n' "$HOST" >"$HOST/program"
  chmod +x "$HOST/program"
  set_list HOOK_KINDS webhook webhook command
  set_list HOOK_EVENTS success success start,success
  set_list HOOK_TARGETS "file:$HOST/url" "file:$HOST/nowhere" "$HOST/program"
  relink
  run -0 backup
  assert_says 'the webhook hook for success failed'
  assert_says 'the command hook for start failed'
  assert_same "$(cat "$HOST/called")" 'start thing 0
success thing 0'
  grep -q '"status":"success"' "$HOST/state/history.jsonl"
}

@test "mail goes through sendmail with a subject and the end of the log" {
  mkdir "$HOST/tools"
  printf '#!/bin/sh\necho "$@" >%s/args; cat >%s/mail\n' "$HOST" "$HOST" >"$HOST/tools/sendmail"
  chmod +x "$HOST/tools/sendmail"
  set_list HOOK_KINDS mail
  set_list HOOK_EVENTS failure
  set_list HOOK_TARGETS ops@example.org
  relink
  rm -rf "$HOST/data"
  PATH="$HOST/tools:$PATH" run -69 backup
  assert_same "$(cat "$HOST/args")" '-i -- ops@example.org'
  grep -q '^Subject: lifeboat: backup of thing on box: failure$' "$HOST/mail"
  grep -q 'is not there' "$HOST/mail"
}
