package transport

import (
	"crypto"
	"io"
	"runtime"
)

// Work calls f when a processor is free for it.
type Work func(f func())

// NewWork returns a Work that has half of the processors, at least one.
func NewWork() Work {
	busy := make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))
	return func(f func()) {
		busy <- struct{}{}
		defer func() { <-busy }()
		f()
	}
}

// budgeted is the key of a server that signs when a processor is free for handshakes. The signature is
// most of what a handshake costs the server, and a stranger can have as many as it likes.
type budgeted struct {
	crypto.Signer
	work Work
}

// Sign signs within the budget.
func (b budgeted) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) (signature []byte, err error) {
	b.work(func() { signature, err = b.Signer.Sign(rand, digest, opts) })
	return signature, err
}
