//go:build e2e

package acceptance

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/linxGnu/gosmpp"
	"github.com/linxGnu/gosmpp/data"
	linx "github.com/linxGnu/gosmpp/pdu"

	"readback/internal/simulator"
)

// login is how an ESME comes in: over TLS if it has an authority to trust.
type login struct {
	addr      string
	ca        *authority
	cert, key string
}

// clients are ESMEs of other makers. Each binds, sends a message, and says what
// went wrong.
var clients = map[string]func(ctx context.Context, l login) error{
	"node-smpp": nodeClient,
	"gosmpp":    gosmppClient,
}

// nodeClient runs testdata/client.js.
func nodeClient(ctx context.Context, l login) error {
	_, port, err := net.SplitHostPort(l.addr)
	if err != nil {
		return err
	}
	args := []string{"testdata/client.js", port, accounts[0], password}
	if l.ca != nil {
		args = append(args, l.ca.file)
	}
	if l.cert != "" {
		args = append(args, l.cert, l.key)
	}
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Env = append(os.Environ(), "NODE_PATH=../interop/node_modules") // of install.sh there
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// gosmppClient does the same by gosmpp.
func gosmppClient(ctx context.Context, l login) error {
	dial := gosmpp.NonTLSDialer
	if l.ca != nil {
		dial = func(addr string) (net.Conn, error) { return tls.Dial("tcp", addr, l.ca.client(l.cert, l.key)) }
	}
	answers := make(chan linx.PDU, 10)
	auth := gosmpp.Auth{SMSC: l.addr, SystemID: accounts[0], Password: password}
	session, err := gosmpp.NewSession(gosmpp.TRXConnector(dial, auth), gosmpp.Settings{
		ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		OnPDU: func(p linx.PDU, _ bool) { answers <- p },
	}, 0)
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }() // what it answered counts
	p := linx.NewSubmitSM().(*linx.SubmitSM)
	p.SourceAddr, _ = linx.NewAddressWithAddr("10690001")
	p.DestAddr, _ = linx.NewAddressWithAddr("447700900101")
	if err := errors.Join(p.Message.SetMessageWithEncoding("Hello", data.GSM7BIT), session.Transceiver().Submit(p)); err != nil {
		return err
	}
	for {
		select {
		case answer := <-answers:
			if resp, ok := answer.(*linx.SubmitSMResp); ok && resp.IsOk() {
				return nil
			} else if ok {
				return fmt.Errorf("submit_sm_resp %v", resp.CommandStatus)
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// opensslClient has openssl speak TLS and sends a bind through it.
func opensslClient(ctx context.Context, l login) error {
	cmd := exec.CommandContext(ctx, "openssl", "s_client", "-quiet", "-connect", l.addr, "-CAfile", l.ca.file,
		"-verify_return_error", "-cert", l.cert, "-key", l.key)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	var stderr strings.Builder
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Kill() // it would go on without its input
		_ = cmd.Wait()
	}()
	_, err = stdin.Write(simulator.Bind{SystemID: accounts[0], Password: password}.Append(nil, 1))
	if err != nil {
		return err
	}
	f, err := readFrame(stdout)
	if err != nil {
		return fmt.Errorf("%w: %s", err, &stderr)
	}
	if f.ID() != pdu.BindTransceiverRespID || f.Status() != 0 {
		return fmt.Errorf("answered %x", []byte(f))
	}
	return nil
}
