//go:build !linux

package broker

import "errors"

func newChanges() (changes, error) { return nil, errors.ErrUnsupported }
