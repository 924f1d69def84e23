package inprocess

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
)

// The protocol, as far as it is used here (docs.nats.io, "NATS Client Protocol"). The server begins with INFO.
// The client sends
//
//	CONNECT {options}
//	SUB inbox.* 1
//	PING                      the server answers PONG once it has accepted all before
//	HPUB subject inbox.n octets-of-headers octets-of-all
//	PUB subject inbox.n octets
//	PONG                      to a PING of the server
//
// and the server
//
//	MSG inbox.n 1 [reply] octets
//	HMSG inbox.n 1 [reply] octets-of-headers octets-of-all
//	PING, PONG, INFO {…}, -ERR 'what is wrong'
//
// each with CRLF. After PUB, HPUB, MSG and HMSG come so many octets, and CRLF again.

const crlf = "\r\n"

// maxAnswer is the size of the largest answer in octets: a message of the log as JSON.
const maxAnswer = 1 << 20

var (
	errProtocol = errors.New("server says what NATS does not")

	noResponders = []byte("NATS/1.0 503")
)

// conn is a connection to the server.
type conn struct {
	net.Conn
	r     *bufio.Reader
	inbox string // the answers come below it
	asked uint64 // requests so far

	out, in []byte // the last request and answer, and room for the next ones
}

// connect connects to the server. Until it has answered, the connection can be cut.
func (c *Client) connect() (*conn, error) {
	nc, err := c.opt.Dial()
	if err != nil {
		return nil, err
	}
	now := &conn{Conn: nc, r: bufio.NewReader(nc), inbox: "_INBOX." + rand.Text() + "."}
	c.now.Store(now)
	c.stopTimer() // what cut before found nothing to cut
	c.late.Reset(c.opt.Timeout)
	if c.ctx.Err() != nil {
		return nil, c.ctx.Err()
	}
	if err := now.begin(&c.opt); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return now, nil
}

// begin presents the credential and subscribes to the answers.
func (c *conn) begin(opt *Options) error {
	if info, err := c.r.ReadString('\n'); err != nil {
		return err
	} else if len(info) < 4 || info[:4] != "INFO" {
		return errProtocol
	}
	options, err := json.Marshal(map[string]any{
		"verbose": false, "pedantic": false, "headers": true, "no_responders": true, "lang": "go", "version": "1", "protocol": 0,
		"name": opt.Name, "user": opt.User, "pass": opt.Password,
	})
	if err != nil {
		return err
	}
	written := make(chan error, 1)
	go func() { // the server may answer before it has read all
		_, err := fmt.Fprintf(c, "CONNECT %s\r\nSUB %s* 1\r\nPING\r\n", options, c.inbox)
		written <- err
	}()
	err = c.awaitPong()
	if err != nil {
		_ = c.Close() // ends the write
	}
	return errors.Join(err, <-written)
}

func (c *conn) awaitPong() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		if bytes.HasPrefix(line, []byte("PONG")) {
			return nil
		}
	}
}

// request sends a request.
func (c *conn) request(subject string, header, data []byte) error {
	c.asked++
	b := append(c.out[:0], "PUB "...)
	if len(header) > 0 {
		b = append(c.out[:0], "HPUB "...)
	}
	b = append(append(append(b, subject...), ' '), c.inbox...)
	b = append(strconv.AppendUint(b, c.asked, 10), ' ')
	if len(header) > 0 {
		b = append(strconv.AppendInt(b, int64(len(header)), 10), ' ')
	}
	b = append(strconv.AppendInt(b, int64(len(header)+len(data)), 10), crlf...)
	b = append(append(append(b, header...), data...), crlf...)
	c.out = b
	_, err := c.Write(b)
	return err
}

// answer waits for the answer to the last request.
func (c *conn) answer() ([]byte, error) {
	for {
		line, err := c.line()
		if err != nil {
			return nil, err
		}
		op, rest, _ := bytes.Cut(line, []byte(" "))
		if s := string(op); s != "MSG" && s != "HMSG" {
			continue // a PONG, or another INFO
		}
		mine, header, data, err := c.message(rest, len(op) == len("HMSG"))
		switch {
		case err != nil:
			return nil, err
		case !mine:
		case len(data) == 0 && bytes.HasPrefix(header, noResponders):
			return nil, ErrNoResponders
		default:
			return data, nil
		}
	}
}

// line reads a line of the protocol, which is valid until the next read. It answers PING. The error is that of
// the connection, or what the server finds wrong.
func (c *conn) line() ([]byte, error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	line = bytes.TrimSuffix(line, []byte(crlf))
	switch {
	case bytes.HasPrefix(line, []byte("-ERR")):
		return nil, fmt.Errorf("server refuses: %s", bytes.Trim(line[len("-ERR"):], " '"))
	case bytes.HasPrefix(line, []byte("PING")):
		_, err = io.WriteString(c, "PONG"+crlf)
	}
	return line, err
}

// message reads a message, whose line has the arguments args. It reports whether it is the answer to the last
// request.
func (c *conn) message(args []byte, hasHeader bool) (mine bool, header, data []byte, err error) {
	subject, _, _ := bytes.Cut(args, []byte(" "))
	mine = c.isLast(subject)
	rest, size, ok := cutSize(args)
	headers := 0
	if hasHeader && ok {
		_, headers, ok = cutSize(rest)
	}
	if !ok || headers > size || size > maxAnswer {
		return false, nil, nil, errProtocol
	}
	c.in = slices.Grow(c.in[:0], size+len(crlf))[:size+len(crlf)]
	if _, err := io.ReadFull(c.r, c.in); err != nil {
		return false, nil, nil, err
	}
	if string(c.in[size:]) != crlf {
		return false, nil, nil, errProtocol
	}
	return mine, c.in[:headers], c.in[headers:size], nil
}

// cutSize returns the number at the end of arguments, and what comes before.
func cutSize(args []byte) (before []byte, n int, ok bool) {
	i := bytes.LastIndexByte(args, ' ')
	n, err := strconv.Atoi(string(args[i+1:]))
	return args[:max(i, 0)], n, err == nil && n >= 0
}

// isLast reports whether subject is that of the answer to the last request.
func (c *conn) isLast(subject []byte) bool {
	n, ok := bytes.CutPrefix(subject, []byte(c.inbox))
	var digits [20]byte
	return ok && bytes.Equal(n, strconv.AppendUint(digits[:0], c.asked, 10))
}
