#!/bin/bash
# A user manager of systemd in namespaces of its own, where the machine itself may be run by anything:
#   unshare --fork --pid --mount --mount-proc --cgroup --net --kill-child bash user-manager.sh NODE PACKAGE
# Units are those of the package's docs; the home is /mnt/home, in memory. Each line of standard input is carried out, and
# what it prints is followed by `= CODE`.
set -eu
node=$1 package=$2

mount -t tmpfs tmpfs /mnt
mkdir -p /mnt/bin /mnt/package /mnt/home/.config/jackfield /mnt/home/.config/systemd/user
# Those that are below a folder that a sandbox hides, such as /tmp, are there as well.
touch /mnt/node && mount --bind "$node" /mnt/node
mount --bind "$package" /mnt/package
printf '#!/bin/sh\nexec /mnt/node /mnt/package/dist/cli/main.js "$@"\n' >/mnt/bin/jackfield
chmod 755 /mnt/bin/jackfield
cp "$package"/docs/jackfield-*.service /mnt/home/.config/systemd/user/
# No journal is here.
mkdir /mnt/home/.config/systemd/user/service.d
printf '[Service]\nStandardOutput=append:/mnt/log\nStandardError=append:/mnt/log\n' \
  >/mnt/home/.config/systemd/user/service.d/log.conf

mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/systemd/system /run/systemd/inaccessible/dir
# The first process of a machine that systemd runs makes these: sandboxes put them over what they hide.
touch /run/systemd/inaccessible/reg
mkdir -m 700 -p /run/user/0
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
python3 - <<'P'
import fcntl, socket, struct
with socket.socket() as any_socket:
    SIOCSIFFLAGS, IFF_UP = 0x8914, 1
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
P

cd /mnt/home
export HOME=/mnt/home XDG_RUNTIME_DIR=/run/user/0 PATH=/mnt/bin:$PATH
unset XDG_CONFIG_HOME XDG_STATE_HOME
dbus-run-session -- /lib/systemd/systemd --user --unit=sockets.target --log-level=warning --log-target=console &
until systemctl --user list-units >/dev/null 2>&1; do sleep 0.1; done
systemctl --user set-environment PATH="$PATH"
echo "= 0"
set +e
while read -r line; do
  eval "$line" 2>&1 </dev/null
  echo "= $?"
done
