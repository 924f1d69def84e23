package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"readback/internal/operator"
	"readback/internal/pcap"
	"readback/internal/trace"
)

// traceSlack is how long the gateway may take beyond the time of a trace.
const traceSlack = 30 * time.Second

// traceFlags are the flags of readback trace.
type traceFlags struct {
	account, receiver, messageID, pcap string
	show, asJSON                       bool
	span                               time.Duration
	count                              uint64
}

func traceCommand() *cobra.Command {
	var f traceFlags
	cmd := &cobra.Command{
		Use:   "trace",
		Short: "Show the PDUs of an account, a receiver or a message while they pass",
		Long: `Shows the PDUs that pass the gateway at --ops, or the ops.addr of the configuration, on both
sides, until the time is over or there were enough. PDUs that are being shown never hold up
messages: what this command does not take in time is dropped, and counted at the end.
Passwords are never shown. Subscribers' numbers are masked and texts are hidden, unless
--show is given, which needs the role privacy. The file of --pcap is for Wireshark; what is
hidden is overwritten there, too.`,
		Args: cobra.NoArgs,
	}
	askFlags(cmd)
	cmd.Flags().StringVar(&f.account, "account", "", "PDUs of this `SYSTEM_ID`")
	cmd.Flags().StringVar(&f.receiver, "receiver", "", "PDUs that have this `NUMBER` as source or destination, and their responses")
	cmd.Flags().StringVar(&f.messageID, "message-id", "", "PDUs about the message with this `ID`, as the ESME got it, and their responses")
	cmd.Flags().StringVar(&f.pcap, "pcap", "", "write the PDUs to this `FILE`, too")
	cmd.Flags().BoolVar(&f.show, "show", false, "show numbers whole, and texts")
	cmd.Flags().DurationVar(&f.span, "for", time.Minute, "`TIME` after which to stop")
	cmd.Flags().Uint64Var(&f.count, "count", 100, "`NUMBER` of PDUs after which to stop")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "a line of JSON for each, in place of text")
	cmd.MarkFlagsOneRequired("account", "receiver", "message-id")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return f.run(cmd) }
	return cmd
}

func (f *traceFlags) run(cmd *cobra.Command) (err error) {
	var capture *pcap.Writer
	if f.pcap != "" {
		file, createErr := os.OpenFile(f.pcap, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if createErr != nil {
			return createErr
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		if capture, err = pcap.NewWriter(file); err != nil {
			return err
		}
	}
	gateway, err := openOps(cmd)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), f.span+traceSlack)
	defer cancel()
	lines, err := gateway.Open(ctx, http.MethodGet, "/v1/trace?"+f.query().Encode(), http.StatusOK)
	if err != nil {
		return err
	}
	defer func() { _ = lines.Close() }()
	end, err := eachPDU(lines, func(p *trace.PDU) error { return f.print(cmd.OutOrStdout(), p, capture) })
	switch {
	case cmd.Context().Err() != nil: // interrupted, which is an end like others
		return nil
	case err != nil || end.Lost+end.Unseen == 0:
		return err
	}
	say(cmd.ErrOrStderr(), "%d PDUs were not shown because this command was too slow, and %d were not looked at because there were too many\n", end.Lost, end.Unseen)
	return nil
}

func (f *traceFlags) query() url.Values {
	v := url.Values{"for": {f.span.String()}, "count": {strconv.FormatUint(f.count, 10)}}
	for key, value := range map[string]string{"account": f.account, "receiver": f.receiver, "message_id": f.messageID} {
		if value != "" {
			v.Set(key, value)
		}
	}
	if f.show {
		v.Set("full", "true")
	}
	return v
}

// maxTraceLine is the longest line of a trace: a PDU of 65 KiB as octets and as text.
const maxTraceLine = 1 << 20

// eachPDU calls show with each PDU of a trace, and returns what the gateway says at its end.
func eachPDU(lines io.Reader, show func(*trace.PDU) error) (end operator.TraceEnd, err error) {
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(nil, maxTraceLine)
	for scanner.Scan() {
		var line operator.TraceLine
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			return end, fmt.Errorf("answer of the gateway: %w", err)
		}
		switch {
		case line.End != nil:
			return *line.End, nil
		case line.PDU == nil:
		default:
			if err := show(line.PDU); err != nil {
				return end, err
			}
		}
	}
	if err := scanner.Err(); err != nil {
		return end, fmt.Errorf("answer of the gateway: %w", err)
	}
	return end, errors.New("the gateway has ended the trace before its time")
}

// print shows one PDU, and writes it to the capture, if there is one.
func (f *traceFlags) print(out io.Writer, p *trace.PDU, capture *pcap.Writer) error {
	if capture != nil {
		from, to := p.Ends()
		if err := capture.Write(p.Time, from, to, p.Octets); err != nil {
			return err
		}
	}
	if f.asJSON {
		line, err := json.Marshal(p)
		say(out, "%s\n", line)
		return err
	}
	say(out, "%s", tracedText(p))
	return nil
}

// tracedText returns a PDU in two lines: what it is, and its fields.
func tracedText(p *trace.PDU) string {
	var s strings.Builder
	peer, arrow := "ESME", "->"
	if p.Side == "smsc" {
		peer = "SMSC"
	}
	if p.Direction == "out" {
		arrow = "<-"
	}
	fmt.Fprintf(&s, "%s  %s %s %s readback  %s %d", p.Time.Format("15:04:05.000000"), peer, p.Remote, arrow, p.Command, p.Sequence)
	if p.Status != "" {
		fmt.Fprintf(&s, "  %s", p.Status)
	}
	if p.Account != "" {
		fmt.Fprintf(&s, "  account=%s session=%d", p.Account, p.Session)
	}
	s.WriteString("\n   ")
	for _, v := range p.Fields {
		if v.Value != "" {
			fmt.Fprintf(&s, " %s=%s", v.Name, quoted(v.Value))
		}
	}
	s.WriteString("\n")
	return s.String()
}

// quoted returns a value in quotes if its end could not be seen otherwise, or if it has characters that cannot.
func quoted(s string) string {
	if q := strconv.Quote(s); len(q) > len(s)+2 || strings.ContainsAny(s, " =") {
		return q
	}
	return s
}
