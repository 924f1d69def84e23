package transport

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// notifyWait is how long a notification may take when systemd is busy.
const notifyWait = time.Second

// Notify tells systemd the state of the service, such as READY=1 or STOPPING=1. It does
// nothing if systemd did not ask for notifications. See sd_notify(3).
func Notify(state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	if err := notify(path, state); err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	return nil
}

func notify(path, state string) error {
	if path[0] != '/' && path[0] != '@' {
		return fmt.Errorf("NOTIFY_SOCKET is %q, want a path or @name", path)
	}
	conn, err := net.Dial("unixgram", path) // package net, too, uses @ for the abstract name space
	if err != nil {
		return err
	}
	err = conn.SetWriteDeadline(time.Now().Add(notifyWait))
	if err == nil {
		_, err = conn.Write([]byte(state))
	}
	return errors.Join(err, conn.Close())
}
