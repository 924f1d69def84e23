//go:build faults

package faults

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/promise"
	"readback/smpp"
	"readback/udh"
)

// smsc answers messages at once or late, refuses them, never answers, or closes the connection.
type smsc struct {
	w  *world
	ln net.Listener

	sessions sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool // guarded by mu, as all below
	rnd   *rand.Rand
}

func startSMSC(w *world, rnd *rand.Rand) *smsc {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	c := &smsc{w: w, ln: ln, conns: map[net.Conn]bool{}, rnd: rnd}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			c.mu.Lock()
			c.conns[conn] = true
			c.mu.Unlock()
			c.sessions.Go(func() { c.serve(conn) })
		}
	})
	w.Cleanup(func() {
		_ = ln.Close() // Accept sees it
		accepting.Wait()
		c.mu.Lock()
		for conn := range c.conns {
			_ = conn.Close() // the gateway may have been first
		}
		c.mu.Unlock()
		c.sessions.Wait()
	})
	return c
}

// await waits until what the gateway sent before it ended has been read.
func (c *smsc) await() {
	poll(c.w.ctx, 10*time.Second, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.conns) == 0
	})
}

// serve reads one session until it ends.
func (c *smsc) serve(conn net.Conn) {
	s := &smscSession{smsc: c, conn: conn, gone: make(chan struct{})}
	in := smpp.NewReader(conn)
	for {
		f, err := in.Next()
		if err != nil || !s.take(f) {
			break
		}
	}
	close(s.gone)
	_ = conn.Close() // the gateway may have been first
	s.answers.Wait()
	c.mu.Lock()
	delete(c.conns, conn)
	c.mu.Unlock()
}

// smscSession is a bind of the gateway.
type smscSession struct {
	smsc    *smsc
	conn    net.Conn
	gone    chan struct{} // closed at the end
	answers sync.WaitGroup

	mu sync.Mutex // held to write
}

func (s *smscSession) write(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.conn.Write(b) // who reads notices the end
}

// take takes a frame; false ends the session.
func (s *smscSession) take(f smpp.Frame) bool {
	switch id := f.ID(); {
	case f.IsResponse():
	case id == pdu.SubmitSMID:
		return s.message(f)
	case id == pdu.BindTransceiverID || id == pdu.BindReceiverID || id == pdu.BindTransmitterID:
		s.write(append(smpp.AppendHeader(nil, smpp.ResponseID(id), 0, f.Seq(), 5), "SMSC\x00"...))
	default:
		s.write(smpp.AppendHeader(nil, smpp.ResponseID(id), 0, f.Seq(), 0))
	}
	return true
}

// message takes a message.
func (s *smscSession) message(f smpp.Frame) bool {
	m, err := smpp.ParseMessage(f)
	if err != nil {
		s.smsc.w.book.wrong("submit_sm", fmt.Sprintf("%v: %x", err, []byte(f)))
		return false
	}
	ud := m.UserData()
	id, ok := idOf(ud)
	if !ok {
		s.smsc.w.book.wrong("submit_sm", fmt.Sprintf("%x", []byte(f)))
		return false
	}
	s.smsc.w.reached(id)
	if number, ok := numberOf(m, ud); ok {
		s.smsc.w.book.left(sentTo{message: id, sender: string(m.From.Addr), target: string(m.To.Addr), number: number})
	}
	return s.answer(id, f.Seq())
}

// idOf is the message in a text.
func idOf(ud []byte) (id int, ok bool) {
	_, text, ok := strings.Cut(string(ud), "message ")
	id, err := strconv.Atoi(text)
	return id, ok && err == nil
}

// numberOf is the number in the element of a message.
func numberOf(m smpp.Message, ud []byte) (uint16, bool) {
	if !m.HasUDH() {
		return 0, false
	}
	header, err := udh.ParseHeader(ud)
	if err != nil {
		return 0, false
	}
	e, ok := header.Find(0x80)
	if !ok || len(e.Data) != 2 {
		return 0, false
	}
	return binary.BigEndian.Uint16(e.Data), true
}

// answer answers a message in one way or another; false ends the session.
func (s *smscSession) answer(id int, seq uint32) bool {
	c := s.smsc
	c.mu.Lock()
	n, wait := c.rnd.IntN(100), time.Duration(c.rnd.Int64N(int64(50*time.Millisecond)))
	closes := c.w.closes && c.rnd.IntN(300) == 0
	c.mu.Unlock()
	if c.w.isCalm() {
		n, closes = 0, false
	}
	late := false
	switch {
	case closes:
		return false
	case n >= 97: // never
		return true
	case n >= 94: // late
		late, wait = true, c.w.timeout+300*time.Millisecond+wait
	case n >= 88:
		s.write(smpp.AppendHeader(nil, pdu.SubmitSMRespID, 0x45, seq, 0)) // ESME_RSUBMITFAIL
		return true
	case n < 50:
		s.accept(id, seq, false)
		return true
	}
	s.answers.Go(func() {
		select {
		case <-time.After(wait):
			s.accept(id, seq, late)
		case <-s.gone:
		}
	})
	return true
}

// accept accepts a message. The ESME cannot know that of an answer that is late. It is recorded soon.
func (s *smscSession) accept(id int, seq uint32, late bool) {
	s.smsc.w.book.add(promise.Event{Kind: promise.Taken, Message: id})
	if !late {
		s.smsc.w.accepted(id)
	}
	mid := fmt.Sprintf("m%d\x00", id)
	s.write(append(smpp.AppendHeader(nil, pdu.SubmitSMRespID, 0, seq, len(mid)), mid...))
	if !late {
		return
	}
	s.answers.Go(func() {
		select {
		case <-time.After(2 * time.Second):
			s.smsc.w.book.add(promise.Event{Kind: promise.Confirmed, Message: id, Text: "late"})
		case <-s.gone:
		}
	})
}
