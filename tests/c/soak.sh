#!/bin/sh
# Usage: soak.sh seconds messages program...
# Runs the programs round and round, in any order and each time from another seed, until the time is
# over or one fails.
set -eu

seconds=$1 messages=$2
shift 2
start=$(date +%s)
runs=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM

while :; do
    for program in $(shuf -e "$@"); do
        passed=$(($(date +%s) - start))
        if [ "$passed" -ge "$seconds" ]; then
            echo "ok      soak: $runs runs in $passed s"
            exit 0
        fi
        seed=$(od -An -N8 -tu8 /dev/urandom | tr -d ' ')
        printf '[%6d s] RINGC_SEED=%s %s\n' "$passed" "$seed" "${program##*/}"
        if ! RINGC_SEED=$seed RINGC_STRESS_MESSAGES=$messages "$program" >"$log" 2>&1; then
            grep -vE '\[ RUN|\[  *OK' "$log" | tail -40
            echo "FAILED  soak: after $runs runs. To repeat it (several times: threads never meet alike):"
            echo "    RINGC_SEED=$seed RINGC_STRESS_MESSAGES=$messages $program"
            exit 1
        fi
        runs=$((runs + 1))
    done
done
