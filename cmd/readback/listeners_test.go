package main

import (
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// dialled is a listener for connections that the test makes.
type dialled chan net.Conn

func (d dialled) Accept() (net.Conn, error) { return <-d, nil }
func (d dialled) Close() error              { return nil }
func (d dialled) Addr() net.Addr            { return &net.TCPAddr{} }

// from is one end of a pipe with an address.
type from struct {
	net.Conn
	addr net.TCPAddr
}

func (f from) RemoteAddr() net.Addr { return &f.addr }

// The connections of one address to ops.addr are few, and the slow ones give way.
func TestOpsConnectionsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := make(dialled, 1)
		ln := opsListener(d, slog.New(slog.DiscardHandler))
		open := func() (client net.Conn) {
			client, server := net.Pipe()
			t.Cleanup(func() { _, _ = client.Close(), server.Close() })
			d <- from{server, net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}}
			if _, err := ln.Accept(); err != nil {
				t.Fatal(err)
			}
			return client
		}
		first := open()
		for range maxOpsPerAddress - 1 {
			open()
		}
		time.Sleep(time.Minute) // virtual: they are slow then
		open()
		if _, err := first.Read(make([]byte, 1)); err == nil {
			t.Error("want the first one closed")
		}
	})
}
