package smpp

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// Gone reports whether err only says that the peer closed its connection.
func Gone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// writeError returns ErrSlowPeer for a time-out, which is the peer's doing, and wraps all
// other errors.
func writeError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrSlowPeer
	}
	return fmt.Errorf("write: %w", err)
}
