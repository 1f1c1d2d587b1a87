# Settings and process handling for up, down and status. Everything is made below $STATE and listens on loopback only.
# shellcheck shell=bash disable=SC2034
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
STATE=${JEROBOAM_OPENSTACK_STATE:-/var/lib/jeroboam-openstack}
LOGS=$STATE/log
RUN=$STATE/run
PASSWORD=devcloud # of every user, service and database: nothing here is reachable from elsewhere
REGION=RegionOne
SKIPPED=77 # the exit status for "this machine cannot do it"

unset "${!OS_@}" PYTHONHOME http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY
# OpenStack's programs look for ~/.nova/nova.conf before /etc/nova/nova.conf: a home of our own leaves /etc alone.
export HOME=$STATE/home PYTHONPATH=$HERE/python PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8
export PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin:$PATH

say() { printf '%s %s\n' "$(date +%T)" "$*"; }
fail() {
  printf 'openstack: %s\n' "$*" >&2
  exit 1
}
skip() {
  printf 'openstack: skipped: %s\n' "$*" >&2
  exit "$SKIPPED"
}

# The processes in the order of their start: name, port or -, what it is.
processes() {
  cat <<'T'
mariadb 3306 database
epmd 4369 port mapper of the broker
rabbitmq 5672 message broker
memcached 11211 cache
keystone 5000 identity
glance 9292 image
placement 8778 placement
nova-conductor - compute
nova-scheduler - compute
nova-compute - compute, fake hypervisor
nova-api 8774 compute
neutron 9696 network
cinder-scheduler - block-storage
cinder-volume - block-storage, fake back end
cinder-api 8776 block-storage
heat-engine - orchestration
heat-api 8004 orchestration
heat-api-cfn 8000 cloudformation
barbican 9311 key-manager
octavia-worker - load-balancer, no amphorae
octavia-api 9876 load-balancer
T
}

# birth PID: the start time of a process in clock ticks since boot. With the id it names one process for good.
birth() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

running() {
  local pid born
  read -r pid born 2>/dev/null <"$RUN/$1" && [ -n "$born" ] && [ "$(birth "$pid")" = "$born" ]
}

# run NAME COMMAND...: start a process in a session of its own, unless it runs already.
run() {
  local name=$1
  shift
  running "$name" && return
  setsid "$@" >>"$LOGS/$name.log" 2>&1 </dev/null 8>&- &
  echo "$! $(birth $!)" >"$RUN/$name"
}

# end NAME [SECONDS]: stop a process and its children, by force after a while.
end() {
  local pid deadline=$((SECONDS + ${2:-10}))
  if running "$1"; then
    read -r pid _ <"$RUN/$1"
    kill -TERM -- "-$pid" 2>/dev/null
    while running "$1" && [ $SECONDS -lt $deadline ]; do sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null
  fi
  rm -f "$RUN/$1"
}

listens() { (: >"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# await SECONDS NAME COMMAND...: until the command succeeds; fails when the process NAME ends first.
await() {
  local deadline=$((SECONDS + $1)) name=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ! running "$name" || [ $SECONDS -ge $deadline ]; then
      tail -n 20 "$LOGS/$name.log" >&2
      fail "$name is not ready ($*); see $LOGS/$name.log"
    fi
    sleep 0.2
  done
}

# What the packages themselves would set up (databases, users, units) is left out: up does it all.
install_packages() { # NAME...
  local policy=/usr/sbin/policy-rc.d name
  dpkg-query -W "$@" >/dev/null 2>&1 && return
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >"$LOGS/apt.log" 2>&1 || skip "apt-get update failed, see $LOGS/apt.log"
  for name in "$@"; do apt-cache show "$name" >/dev/null 2>&1 || skip "this system has no package $name"; done
  [ ! -e $policy ] || mv $policy "$STATE/policy-rc.d"
  printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy
  local done=''
  apt-get install -q -y --no-install-recommends --no-upgrade -o Dpkg::Options::=--force-confold "$@" \
    >>"$LOGS/apt.log" 2>&1 8>&- && done=1
  rm $policy
  [ ! -e "$STATE/policy-rc.d" ] || mv "$STATE/policy-rc.d" $policy
  [ -n "$done" ] || fail "apt-get install failed, see $LOGS/apt.log"
}

# once NAME COMMAND...: a step of the set-up that must not be repeated.
once() {
  local name=$1
  shift
  [ ! -e "$STATE/made.$name" ] || return 0
  ("$@") >>"$LOGS/setup-$name.log" 2>&1 </dev/null || fail "$name failed, see $LOGS/setup-$name.log"
  touch "$STATE/made.$name"
}

# configure SERVICE [COMMON]: etc/SERVICE.conf into the home directory where the service looks first.
configure() {
  local file=$HOME/.$1/${2:-$1}.conf
  mkdir -p "$HOME/.$1"
  sed "/^@LOGIN@\$/{
r $HERE/etc/login.conf
d
}" "$HERE/etc/$1.conf" "$HERE/etc/common.conf" |
    sed -e "s|@SERVICE@|$1|; s|@PASSWORD@|$PASSWORD|; s|@REGION@|$REGION|; s|@STATE@|$STATE|" \
      -e "s|@BROKER@|rabbit://guest:guest@127.0.0.1:5672/|" \
      -e "s|\(connection = \)@DATABASE@\(/.*\)|\1mysql+pymysql://openstack:$PASSWORD@127.0.0.1\2|" >"$file"
}

sql() { mariadb --no-defaults --socket="$STATE/mysql/socket" -e "$@"; }

# web NAME PORT SCRIPT: a WSGI application. Requests are read whole and connections closed, since uwsgi resets a connection
# whose request body the application did not read.
web() {
  run "$1" uwsgi_python3 --http-socket "127.0.0.1:$2" --wsgi-file "$3" --master --die-on-term --lazy-apps --need-app \
    --processes "${4:-1}" --enable-threads --threads 8 --buffer-size 65535 --post-buffering 65536 --disable-logging \
    --add-header 'Connection: close' --procname "$1"
}
answers() { [[ $(curl -s -o /dev/null -m 20 -w '%{http_code}' "http://127.0.0.1:$1/") =~ ^(2..|300|401)$ ]]; }
