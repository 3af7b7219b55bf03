#!/usr/bin/env bash
# Apache httpd 2.4 (Debian: apache2-bin, see VERSION below), mod_cache with mod_cache_disk: the Age of a stale response.
#
# While a response is fresh, httpd counts its age: the Age header grows each second, as RFC 9111, 4.2.3 and 5.1 ask of a
# cache that answers without the origin. When the origin cannot be reached and httpd serves the expired copy
# (CacheStaleOnError, on by default), it counts no more: the response has the Age that the origin once sent, and none at
# all if the origin sent none, for as long as the origin is away. Only Date, and "Warning: 111 Revalidation failed", tell.
#
# So a cache or client behind httpd that trusts Age takes a copy of yesterday for one of a moment ago, and keeps it for
# another max-age. A page that shows how old its data are must not take that from Age.
# Output seen: "fresh: Age 2", "stale, the origin sent Age 1: Age 1", "stale, the origin sent no Age: no Age".
set -euo pipefail
VERSION=2.4.71-1~deb12u1
folder=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; sleep 0.5; rm -rf "$folder"' EXIT
chmod 755 "$folder"
(cd "$folder" && apt-get download -qq "apache2-bin=$VERSION" libapr1 libaprutil1 >/dev/null && for package in *.deb; do dpkg -x "$package" root; done)
library=$(dirname "$(find "$folder/root/usr/lib" -name 'libapr-1.so.0')")
modules=$folder/root/usr/lib/apache2/modules
mkdir "$folder/cache"
cat > "$folder/origin.py" <<'PYTHON'
import http.server


class Origin(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Cache-Control", "public, max-age=4, stale-if-error=86400")
        self.send_header("ETag", '"one"')
        if self.path == "/with-age":
            self.send_header("Age", "1")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Origin)
print(server.server_address[1], flush=True)
server.serve_forever()
PYTHON
python3 "$folder/origin.py" > "$folder/port" & origin=$!; pids+=("$origin")
until [ -s "$folder/port" ]; do sleep 0.1; done
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat > "$folder/httpd.conf" <<CONFIG
ServerRoot $folder
ServerName example.org
PidFile $folder/pid
Listen 127.0.0.1:$port
DefaultRuntimeDir $folder
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule proxy_module $modules/mod_proxy.so
LoadModule proxy_http_module $modules/mod_proxy_http.so
LoadModule cache_module $modules/mod_cache.so
LoadModule cache_disk_module $modules/mod_cache_disk.so
ErrorLog $folder/log
CacheRoot $folder/cache
CacheEnable disk /
ProxyPass / http://127.0.0.1:$(cat "$folder/port")/
CONFIG
[ "$(id -u)" = 0 ] && { echo "User nobody"; echo "Group nogroup"; } >> "$folder/httpd.conf" && chmod 777 "$folder/cache"
LD_LIBRARY_PATH=$library "$folder/root/usr/sbin/apache2" -X -f "$folder/httpd.conf" & pids+=("$!")
age() { curl -s -D - -o /dev/null "http://127.0.0.1:$port/$1" | tr -d '\r' | awk 'tolower($1) == "age:" { print "Age " $2; found = 1 } /^HTTP/ && $2 != 200 { print $0 } END { if (!found) print "no Age" }'; }
until [ "$(age with-age)" = "Age 1" ] && [ "$(age without-age)" = "no Age" ]; do sleep 0.2; done
sleep 2.2
fresh=$(age without-age)
kill "$origin"
sleep 8
with=$(age with-age) without=$(age without-age)
echo "fresh: $fresh"
echo "stale, the origin sent Age 1: $with"
echo "stale, the origin sent no Age: $without"
case $fresh in "Age 2" | "Age 3") ;; *) exit 1 ;; esac
[ "$with" = "Age 1" ] && [ "$without" = "no Age" ]
