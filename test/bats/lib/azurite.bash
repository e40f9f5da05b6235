# Azure's storage emulator on loopback, from npm. It is installed the first time it is needed.

# Start it below a directory: sets AZURE_URL, the container `backups` and a signature for it in the file $dir/sas.
azurite_up() {
  local dir="$1" port home="$LIFEBOAT_TESTS/../azurite"
  AZURITE="$dir"
  mkdir -p "$dir"
  [[ -d $home/node_modules/azurite ]] || npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund >"$dir/npm.log" 2>&1 || {
    cat "$dir/npm.log"
    return 1
  }
  port="$(free_port)"
  node "$home/node_modules/azurite/dist/src/blob/main.js" --blobHost 127.0.0.1 --blobPort "$port" --location "$dir/data" --silent --disableTelemetry --skipApiVersionCheck \
    >"$dir/azurite.log" 2>&1 3>&- </dev/null &
  printf '%s\n' "$!" >"$dir/pid"
  AZURE_URL="http://127.0.0.1:$port/devstoreaccount1"
  eventually curl --silent --output /dev/null "http://127.0.0.1:$port/"
  azure_container backups
  azure_sas backups >"$dir/sas"
}

# Stop it.
azurite_down() {
  [[ ! -f ${AZURITE:-/nonexistent}/pid ]] || kill "$(cat "$AZURITE/pid")" 2>/dev/null || true
}

# Make a container, signed with the account's well-known key.
azure_container() {
  python3 - "$AZURE_URL" "$1" <<'END'
import base64, datetime, hashlib, hmac, sys, urllib.request
url, name = sys.argv[1:]
key = base64.b64decode("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==")
date = datetime.datetime.utcnow().strftime("%a, %d %b %Y %H:%M:%S GMT")
text = "PUT" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:2021-12-02\n/devstoreaccount1/devstoreaccount1/{name}\nrestype:container"
sign = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
request = urllib.request.Request(f"{url}/{name}?restype=container", method="PUT")
for header, value in {"x-ms-date": date, "x-ms-version": "2021-12-02", "Authorization": f"SharedKey devstoreaccount1:{sign}", "Content-Length": "0"}.items():
    request.add_header(header, value)
urllib.request.urlopen(request)
END
}

# Print a shared access signature for a container, with the given rights.
azure_sas() {
  python3 - "$1" "${2:-racwdl}" <<'END'
import base64, datetime, hashlib, hmac, sys, urllib.parse
name, rights = sys.argv[1:]
key = base64.b64decode("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==")
end = (datetime.datetime.utcnow() + datetime.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
version = "2021-12-02"
text = "\n".join([rights, "", end, f"/blob/devstoreaccount1/{name}", "", "", "", version, "c", "", "", "", "", "", "", ""])
sign = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
print(urllib.parse.urlencode(dict(sv=version, sr="c", sp=rights, se=end, sig=sign)))
END
}

# Print the names of all blobs.
azure_blobs() {
  curl --silent "$AZURE_URL/backups?restype=container&comp=list&$(cat "$AZURITE/sas")" | grep -o '<Name>[^<]*' | sed 's/<Name>//'
}
