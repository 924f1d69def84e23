package transport

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

const firstSocket = 3 // SD_LISTEN_FDS_START

// Sockets returns the listeners that systemd opened for this process, by the names in the
// unit (FileDescriptorName=, or else the name of the unit). It returns nil if there are none.
// It unsets systemd's variables, so that it finds the listeners only once, and no child
// process does. See sd_listen_fds_with_names(3).
func Sockets() (map[string]net.Listener, error) {
	pid, count, names := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS"), os.Getenv("LISTEN_FDNAMES")
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		if err := os.Unsetenv(name); err != nil {
			return nil, fmt.Errorf("sockets of systemd: %w", err)
		}
	}
	if pid != strconv.Itoa(os.Getpid()) {
		return nil, nil // not set, or for another process
	}
	fds, err := socketNames(count, names)
	if err != nil {
		return nil, fmt.Errorf("sockets of systemd: %w", err)
	}
	sockets := make(map[string]net.Listener, len(fds))
	for i, name := range fds {
		ln, err := socket(firstSocket+i, name)
		if err == nil && sockets[name] != nil {
			err = errors.Join(fmt.Errorf("two are named %q: give each unit a FileDescriptorName=", name), ln.Close())
		}
		if err != nil {
			for _, ln := range sockets {
				_ = ln.Close() // it has served nobody
			}
			return nil, fmt.Errorf("sockets of systemd: %w", err)
		}
		sockets[name] = ln
	}
	return sockets, nil
}

// maxSockets is far more than a unit has.
const maxSockets = 64

// socketNames returns the name of each socket, in their order.
func socketNames(count, names string) ([]string, error) {
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > maxSockets {
		return nil, fmt.Errorf("LISTEN_FDS is %q, want a number up to %d", count, maxSockets)
	}
	all := strings.Split(names, ":")
	switch {
	case names == "":
		all = make([]string, n)
	case len(all) != n:
		return nil, fmt.Errorf("LISTEN_FDNAMES %q names %d, LISTEN_FDS says %d", names, len(all), n)
	}
	for i := range all {
		if all[i] == "" {
			all[i] = "unknown" // as sd_listen_fds_with_names has it
		}
	}
	return all, nil
}

// socket returns a listener of a file descriptor, and closes the descriptor.
func socket(fd int, name string) (net.Listener, error) {
	f := os.NewFile(uintptr(fd), name)
	defer func() { _ = f.Close() }() // the listener has its own copy
	if name == "connection" {
		return nil, errors.New("the unit passes connections, want Accept=no")
	}
	ln, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("%s is no listener: %w", name, err)
	}
	return ln, nil
}
