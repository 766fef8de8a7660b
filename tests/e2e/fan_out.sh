#!/bin/sh
# Many agents at once: starts COUNT of them in the background, waits, gathers, and has one more agent
# make something of all results. Needs zag on PATH; leaves its files in the current directory.
#
# usage: fan_out.sh COUNT [trouble]
#
# With "trouble", agent 2 fails, the zag of agent 3 is killed with SIGKILL while the agent is at work,
# and agent 4 hangs until its time is over.
set -u

count=$1
trouble=${2:-}

says() { printf '{"turns":[{"steps":[{"do":"say","text":"result of %s"}]}]}' "$1"; }
fails='{"turns":[{"steps":[{"do":"error","message":"no luck","fatal":true}]}]}'
hangs='{"turns":[{"steps":[{"do":"hang"}]}]}'
works='{"turns":[{"steps":[{"do":"run","command":["touch","at-work"]},{"do":"hang"}]}]}'

i=0
while [ "$i" -lt "$count" ]; do
  i=$((i + 1))
  script=$(says "$i")
  limit=10m
  case $trouble-$i in
  trouble-2) script=$fails ;;
  trouble-3) script=$works ;;
  trouble-4) script=$hangs limit=3s ;;
  esac
  ZAG_MOCK_SCRIPT=$script zag spawn -p mock --tag fan --name "agent-$i" --timeout "$limit" --json \
    "answer number $i" >spawned.json || exit 1
  sed 's/.*"session_id":"\([^"]*\)".*/\1/' spawned.json >>ids
  [ "$trouble-$i" = trouble-3 ] && victim=$(sed 's/.*"pid":\([0-9]*\).*/\1/' spawned.json)
done

if [ -n "$trouble" ]; then
  until [ -e at-work ]; do sleep 0.05; done
  kill -9 "$victim"
fi

zag wait --tag fan --json >ends.json
echo $? >wait.code
# In the order of the ids, whatever the order of the ends was.
xargs zag collect --json <ids >collected.json
echo $? >collect.code
xargs sh -c 'zag pipe "$@" -p mock -o json -- "Put these results together"' sh <ids >piped.json
echo $? >pipe.code
