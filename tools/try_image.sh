#!/usr/bin/env bash
# Build the container image and run it for real, under the options that docs/docker.md names; a line per check.
#
#   tools/try_image.sh [--image NAME] [--keep] [--engine docker|podman] [--builder docker|podman|buildah]
#                      [--build-option WORD]... [--run-option WORD]...
#
# --image tries an image that exists instead of building one; --keep leaves the built one behind as minsk-watch-trial.
# --build-option and --run-option hand a word to the build and to every run, for machines that need more than the usual
# (docs/docker.md has examples). Only the build uses the network: what is run here has none. Containers, volumes and the
# image are removed at the end; the builder's cache of layers stays, as after any build.
# Ends with 0 when all passed, 1 when something failed, 77 when there is nothing to build or run with.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
ROOMS=(core matching feeds storage bot web app)
FILES=(main.py config.example.toml LICENSE)
HEALTHY_WITHIN=60 STOPS_WITHIN=10 # seconds: the image's start period, and what engines leave until SIGKILL
DEMO_WITHIN=300 COMMAND_WITHIN=120

engine="" builder="" image="" keep="" build_options=() run_options=()
passed=0 failed=0 built="" container="minsk-watch-trial-$$" volume="minsk-watch-trial-$$"

usage() {
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"
}

no_way() {
    printf 'Not tried: %s\n' "$1" >&2
    exit 77
}

while (($#)); do
    case $1 in
        --keep) keep=yes && shift && continue ;;
        -h | --help) usage && exit 0 ;;
    esac
    (($# > 1)) || { usage >&2 && exit 2; }
    case $1 in
        --image) image=$2 ;;
        --engine) engine=$2 ;;
        --builder) builder=$2 ;;
        --build-option) build_options+=("$2") ;;
        --run-option) run_options+=("$2") ;;
        *) usage >&2 && exit 2 ;;
    esac
    shift 2
done

# --- what there is to work with ---------------------------------------------------------------------------------------

if [[ -z $engine ]]; then
    if docker info >/dev/null 2>&1; then
        engine=docker
    elif podman info >/dev/null 2>&1; then
        engine=podman
    else
        no_way "neither Docker nor Podman answers here; install one (Debian: apt-get install podman buildah) and come again."
    fi
fi
command -v "$engine" >/dev/null || no_way "$engine is not installed here."
if [[ -z $builder ]]; then
    builder=$engine
    if [[ $engine == podman ]] && command -v buildah >/dev/null; then builder=buildah; fi
fi
[[ -n $image ]] || command -v "$builder" >/dev/null || no_way "$builder is not installed here; it would build the image."

work=$(mktemp -d)
# shellcheck disable=SC2329 # the trap below calls it
clean_up() {
    "$engine" rm -f "$container" >/dev/null 2>&1 || true
    "$engine" volume rm -f "$volume" >/dev/null 2>&1 || true
    if [[ -n $built && -z $keep ]]; then "$engine" rmi "$built" >/dev/null 2>&1 || true; fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# --- words for the reader ---------------------------------------------------------------------------------------------

good() {
    passed=$((passed + 1))
    printf 'ok    %s\n' "$1"
}

bad() {
    failed=$((failed + 1))
    printf 'FAIL  %s\n' "$1"
    [[ -z ${2-} ]] || tail -n 25 <<<"$2" | sed 's/^/      | /'
}

# check NAME FAULT: passed when FAULT is empty, which else says what is wrong.
check() {
    if [[ -z $2 ]]; then good "$1"; else bad "$1" "$2"; fi
}

# quiet NAME COMMAND...: passed when the command ends with 0; what it printed is in $said.
quiet() {
    local name=$1 code=0
    shift
    said=$("$@" 2>&1) || code=$?
    check "$name" "$( ((code == 0)) || printf '%s\n(ended with %s)' "$said" "$code")"
    return 0
}

milliseconds() {
    date +%s%3N
}

seconds_since() {
    local passed_ms=$(($(milliseconds) - $1))
    printf '%d.%d' $((passed_ms / 1000)) $((passed_ms % 1000 / 100))
}

finish() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    exit $((failed > 0))
}

# --- build ------------------------------------------------------------------------------------------------------------

if [[ -z $image ]]; then
    image=localhost/minsk-watch-trial built=$image
    begin=$(milliseconds)
    case $builder in
        docker) command=(docker build) ;;
        podman) command=(podman build --format docker) ;;
        buildah) command=(buildah bud --format docker --layers) ;; # OCI's own format has no place for HEALTHCHECK
        *) usage >&2 && exit 2 ;;
    esac
    if "${command[@]}" ${build_options[@]+"${build_options[@]}"} -t "$image" "$ROOT" >"$work/build.log" 2>&1; then
        good "it builds ($builder, $(seconds_since "$begin") s)"
    else
        bad "it builds ($builder)" "$(cat "$work/build.log")"
        finish
    fi
fi

RUN=("$engine" run --read-only --cap-drop ALL --security-opt no-new-privileges --memory 512m --pids-limit 256)
RUN+=(--network none)
if [[ $engine == podman ]]; then
    # As with Docker, no other place than the volume can be written; and files of the host need no SELinux label.
    RUN+=(--read-only-tmpfs=false --security-opt label=disable --no-healthcheck)
else
    RUN+=(--no-healthcheck)
fi
RUN+=(${run_options[@]+"${run_options[@]}"})

# in_image COMMAND...: in a container of its own. inside COMMAND...: in the one at work.
in_image() {
    timeout "$COMMAND_WITHIN" "${RUN[@]}" --rm -i --entrypoint "$1" "$image" "${@:2}"
}
inside() {
    timeout "$COMMAND_WITHIN" "$engine" exec -i "$container" "$@"
}

# --- what the image says of itself ------------------------------------------------------------------------------------

"$engine" image inspect "$image" >"$work/inspect.json"
# The image brings the Python that reads its own description: this machine needs none. Docker and Podman differ in words.
in_image python -c '
import json, sys
image = json.load(sys.stdin)[0]
config = image["Config"]
health = config.get("Healthcheck") or image.get("HealthCheck") or image.get("Healthcheck") or {}
print(config.get("User") or "")
print(json.dumps(config.get("Entrypoint")), json.dumps(config.get("Cmd")))
print(config.get("StopSignal") or "")
print("\x1f".join(health.get("Test") or []))
' <"$work/inspect.json" >"$work/facts" || { bad "Python runs in it" && finish; }
{ read -r user && read -r entry && read -r signal && read -r health; } <"$work/facts"
IFS=$'\x1f' read -r -a probe <<<"$health"

check "its user is not root ($user)" "$([[ $user =~ ^[1-9][0-9]*(:[1-9][0-9]*)?$ ]] || echo "USER is '$user'")"
check "a health check without a shell (${probe[*]-none})" "$([[ ${probe[0]-} == CMD ]] || echo "HEALTHCHECK is '$health'")"
check "an entry point without a shell ($entry)" "$([[ $entry == '["'*'"] '* && $entry != *'"/bin/sh"'* ]] || echo "it is $entry")"
check "it is stopped by SIGTERM" "$([[ $signal =~ ^(SIGTERM|15|)$ ]] || echo "STOPSIGNAL is $signal")"

# --- what is inside ---------------------------------------------------------------------------------------------------

private=$(in_image find / -xdev '(' -path /proc -o -path /sys -o -path /usr -o -path /etc -o -path /var/lib ')' -prune -o \
    '(' -name .git -o -name '.env*' -o -name config.toml -o -name '*.db*' -o -name '*.sqlite*' -o -name tests \) -print 2>"$work/errors") || true
check "no .git, .env, config.toml, database or tests inside" "$private$(grep -v 'Permission denied' "$work/errors" || true)"

(cd "$ROOT" && find "${ROOMS[@]}" "${FILES[@]}" -type f -not -path '*/__pycache__/*' | LC_ALL=C sort) >"$work/expected"
in_image find /app -type f -not -path '*/__pycache__/*' | sed 's|^/app/||' | LC_ALL=C sort >"$work/found"
check "all $(wc -l <"$work/expected") files of the program are inside and no other" "$(LC_ALL=C diff "$work/expected" "$work/found" || true)"

for pattern in 'bot/locales/.*\.po' 'matching/packs/.*\.toml' 'storage/migrations/versions/.*\.py' 'web/style\.css' 'web/openapi\.json'; do
    check "$(grep -cx "$pattern" "$work/found" || true) of ${pattern//\\/}" "$(grep -qx "$pattern" "$work/found" || echo "none is inside")"
done

# --- commands ---------------------------------------------------------------------------------------------------------

begin=$(milliseconds)
demo=$(timeout "$DEMO_WITHIN" "${RUN[@]}" --rm "$image" demo 2>&1) || demo+=$'\n'"(ended with $?)"
alerts=$(grep -cE 'https?://' <<<"$demo" || true)
check "the demonstration shows alerts ($alerts lines with links, $(seconds_since "$begin") s)" \
    "$([[ $alerts -gt 0 && $demo == *"To go live"* && $demo != *Traceback* ]] || echo "$demo")"

printf '[http]\nport = "eighty"\n[feedz]\n' >"$work/bad.toml"
printf '[platforms.console]\ncommands = false\n[chat]\nlanguage = "be"\n' >"$work/good.toml"
chmod 755 "$work" && chmod 644 "$work"/*.toml
code=0
said=$(timeout "$COMMAND_WITHIN" "${RUN[@]}" --rm -v "$work/bad.toml:/app/config.toml:ro" "$image" check 2>&1) || code=$?
check "check refuses a wrong configuration and names both faults (ends with $code)" \
    "$([[ $code -gt 0 && $code -lt 124 && $said == *http.port* && $said == *feedz* && $said != *Traceback* ]] || echo "$said")"

# --- the program at work ----------------------------------------------------------------------------------------------

"$engine" volume create "$volume" >/dev/null
begin=$(milliseconds)
quiet "it starts read-only, without capabilities, with 512 MB and 256 processes" "${RUN[@]}" -d --name "$container" \
    -v "$work/good.toml:/app/config.toml:ro" -v "$volume:/data" "$image"
runs() {
    [[ $("$engine" inspect --format '{{.State.Running}}' "$container" 2>/dev/null) == true ]]
}
answer="there is no command that asks" asked=$begin
while ((${#probe[@]} > 1 && $(milliseconds) - begin < HEALTHY_WITHIN * 1000)) && runs; do
    asked=$(milliseconds)
    if answer=$(inside "${probe[@]:1}" 2>&1); then break; fi
    sleep 0.2
done
took=$(seconds_since "$asked")
check "it becomes healthy ($(seconds_since "$begin") s after the start; the probe takes $took s: $answer)" \
    "$([[ $answer == healthy* ]] || { echo "$answer" && "$engine" logs "$container" 2>&1; })"
runs || { bad "it is still at work, so that it can be looked at" && finish; }

rights=$(inside python - 2>/dev/null <<'PY'
import os
from pathlib import Path

own = dict(line.split(":\t", 1) for line in Path("/proc/1/status").read_text().splitlines() if ":\t" in line)
uid = own["Uid"].split()[0]
faults = [] if uid not in ("", "0") else ["it runs as root"]
faults += [f"{key} is {own[key]}" for key, want in (("CapEff", 0), ("NoNewPrivs", 1)) if int(own[key], 16) != want]
faults += [] if os.statvfs("/").f_flag & os.ST_RDONLY else ["the root file system can be written"]
try:
    Path("/data/trial").write_text("", "ascii")
    Path("/data/trial").unlink()
except OSError as error:
    faults.append(f"/data cannot be written: {error}")
print(f"uid {uid}|{'; '.join(faults)}")
PY
) || rights+="|the look inside failed"
check "${rights%%|*}, no capabilities, no new privileges, root read-only, /data writable" "${rights#*|}"

listening=$(inside python - 2>/dev/null <<'PY'
from pathlib import Path

for name in ("/proc/net/tcp", "/proc/net/tcp6"):
    file = Path(name)
    for line in file.read_text().splitlines()[1:] if file.exists() else ():
        _, local, _, state, *_ = line.split()
        host, port = local.split(":")
        if state == "0A":  # TCP_LISTEN of the kernel's include/net/tcp_states.h
            shown = ".".join(str(byte) for byte in reversed(bytes.fromhex(host))) if len(host) == 8 else host
            print(f"{shown}:{int(port, 16)}")
PY
) || listening+=" (the look inside failed)"
check "it listens on loopback alone (${listening//$'\n'/, })" "$([[ $listening == 127.0.0.1:8080 ]] || echo "it listens on: $listening")"

quiet "the picture of /stats is drawn with Cyrillic letters" inside python - <<'PY'
import asyncio
from datetime import date

from bot.draw import png
from bot.languages import texts_in
from bot.search_texts import STATS_TITLE
from bot.stats_picture import Figures, Wording, stats_svg

title = texts_in("be").say(STATS_TITLE, n=7)
words = Wording(title, title, title, ("", ""), {})
svg = stats_svg(Figures(date(2026, 1, 1), {"Ж": [1, 2, 3, 4, 5, 6, 7]}, (), date(2026, 1, 7), ()), words)
assert title in svg, svg
first, again, other = (asyncio.run(png(text)) for text in (svg, svg, svg.replace("Ж", "Ю")))
assert first and first.startswith(b"\x89PNG"), "no picture came"
assert first == again, "drawing is not repeatable"
assert first != other, "two letters look the same: the font has no Cyrillic"
PY

quiet "every language of the interface has its own words, dates and numbers" inside python - <<'PY'
from datetime import date

from bot.languages import INTERFACE, texts_in
from bot.search_texts import STATS_TITLE

said = {lang: texts_in(lang).say(STATS_TITLE, n=3) for lang in INTERFACE}
assert len(set(said.values())) == len(INTERFACE), said
for lang in INTERFACE:
    say = texts_in(lang)
    assert all((say.day(date(2026, 11, 26)), say.month(date(2026, 11, 26)), say.number(12345), say.percent(83)))
    assert say.listed(["a", "b", "c"]) and say.decimal(1.5) and say.language("pl")
PY

quiet "the text of an article is found within its page" inside python - <<'PY'
from feeds.extract import extract_text

sentence = "The delegation spoke with the minister about the people who are still held, and both sides will meet again. "
page = f"<html><body><nav>Menu</nav><article><h1>Talks</h1>{f'<p>{sentence * 3}</p>' * 4}</article></body></html>"
text = extract_text(page.encode(), "http://localhost/talks", "text/html; charset=utf-8")
assert sentence.strip() in text and "Menu" not in text, text
PY

quiet "a backup to /data is written while it runs" inside python main.py backup /data/trial.jsonl.gz
quiet "the backup is whole and its owner's alone" inside python - <<'PY'
import gzip
from pathlib import Path

file = Path("/data/trial.jsonl.gz")
assert file.stat().st_mode & 0o077 == 0, oct(file.stat().st_mode)
with gzip.open(file, "rt", encoding="utf-8") as lines:
    assert sum(1 for _ in lines) > 0
PY

memory=$(inside python - 2>/dev/null <<'PY'
from pathlib import Path

kilobytes, threads, count = 0, 0, 0
me = int(Path("/proc/self/stat").read_text().split()[0])
for folder in Path("/proc").glob("[0-9]*"):
    if int(folder.name) == me:
        continue
    rows = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
    kilobytes += int(rows.get("VmRSS", "0 kB").split()[0])
    threads += int(rows["Threads"])
    count += 1
print(f"{kilobytes / 1000:.0f} MB in {count} processes with {threads} threads")
PY
) || memory="unknown"

begin=$(milliseconds)
"$engine" stop -t 30 "$container" >/dev/null 2>&1 || true
took_ms=$(($(milliseconds) - begin))
code=$("$engine" inspect --format '{{.State.ExitCode}}' "$container")
check "SIGTERM ends it with 0 within $STOPS_WITHIN s (with $code after $(seconds_since "$begin") s)" \
    "$([[ $code == 0 && $took_ms -lt $((STOPS_WITHIN * 1000)) ]] || "$engine" logs "$container" 2>&1)"

# --- figures ----------------------------------------------------------------------------------------------------------

printf '\nMemory at rest: %s.\nSize, layer by layer:\n' "$memory"
"$engine" history --format '{{.Size}}|{{.CreatedBy}}' --no-trunc "$image" |
    sed -E 's/\|(\/bin\/sh -c )?(#\(nop\) *)?/|/; s/ dir:[0-9a-f]+ in / /' | awk -F'|' '$1 !~ /^0 ?B$/ {printf "  %10s  %.100s\n", $1, $2}'
printf '\n'
finish
