package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/numbering"
	"readback/internal/permit"
	"readback/internal/pool"
	"readback/internal/readresponse"
	"readback/internal/receipts"
	"readback/internal/setting"
	"readback/smpp/receipt"
	"readback/udh"
)

// Config is what the operator decides of a Gateway. Each field is a setting: its key,
// default, bounds and explanation stand in its tags (internal/setting).
type Config struct {
	SessionInit     time.Duration `key:"listen.session_init" default:"10s" range:"1ms..10m" doc:"time from the connection to the bind"`
	ESMEEnquireLink time.Duration `key:"listen.enquire_link" default:"30s" range:"1ms..1h" doc:"silence after which the ESME is asked whether it is there"`
	Inactivity      time.Duration `key:"listen.inactivity" range:"0s..24h" doc:"time without any message after which the session is ended; 0 is never"`
	WriteTimeout    time.Duration `key:"listen.write_timeout" default:"30s" range:"1ms..10m" doc:"time in which a peer must take what is written to it, or be cut off"`
	DrainTimeout    time.Duration `key:"listen.drain_timeout" default:"10s" range:"1ms..10m" doc:"time that answers under way are given when the gateway stops"`

	Window          int           `key:"smsc.window" default:"100" range:"1..10000" doc:"requests that wait for the SMSC's answer, per session"`
	ResponseTimeout time.Duration `key:"smsc.response_timeout" default:"10s" range:"1ms..10m" doc:"time for an answer; then the ESME gets ESME_RSYSERR"`
	SMSCEnquireLink time.Duration `key:"smsc.enquire_link" default:"30s" range:"1ms..1h" doc:"silence after which the SMSC is asked whether it is there"`

	Pass []permit.Command `key:"smsc.pass" example:"broadcast_sm, 0x00010200" doc:"shared mode: commands of ESMEs that pass beside submit_sm, submit_multi, data_sm, query_sm, cancel_sm and replace_sm: their names, or their command_ids in hexadecimal; the SMSC takes them for the gateway's own, and no account is asked for"`

	ReadIEI    uint8 `key:"reads.sms_iei" default:"0x81" hex:"2" range:"0x80..0xFF" doc:"identifier of the element that makes a message a read response"`
	StripReads bool  `key:"reads.sms_from_esme" default:"refuse" oneof:"refuse,strip" doc:"a message of an ESME that is a read response of a subscriber: refuse it with ESME_RSUBMITFAIL, or strip the element from it; reads.sms off lets it pass"`
}

// Options of a Gateway: what the operator decides, and what only the process has.
type Options struct {
	Config

	SMSC   string       // host:port of the SMSC
	Shared *pool.Config // the gateway's own binds to it, in shared mode; nil: mirror mode
	// Dial opens a connection to the SMSC.
	Dial func(ctx context.Context, addr string) (net.Conn, error)

	ESMEWindow int // requests under way to the ESME; SMSCs keep well below

	Form     numbering.Form
	IDs      receipt.IDs
	Policies Policies

	Deliver DeliverFunc             // gives the ESMEs their feedback; nil: they get none
	Sent    SentFunc                // is told who sent a message; nil: nobody is
	Hold    receipts.HoldFunc       // keeps receipts; nil: they pass
	Reads   readresponse.SubmitFunc // takes read responses that come as messages; nil: they pass like others
	Acks    readresponse.SubmitFunc // takes those of ESMEs, from accounts with MayRead; nil: likewise

	ReadsNeedProof bool // each of Reads must show the proof of its message

	Logger     *slog.Logger
	Registerer prometheus.Registerer // for the metrics; nil: none are kept
}

// DefaultOptions returns the Options of an operator who has decided nothing.
func DefaultOptions() Options {
	o := Options{
		Dial: dialTCP, ESMEWindow: 1000,
		Form:   numbering.Form{IEI: 0x80, Marker: udh.DefaultMarker, Default: udh.GSM7},
		Logger: slog.New(slog.DiscardHandler),
	}
	setting.Defaults(&o.Config)
	return o
}

// Validate says what of the options cannot be.
func (o Options) Validate() error {
	var errs []error
	check := func(ok bool, what string) {
		if !ok {
			errs = append(errs, errors.New(what))
		}
	}
	if o.Shared == nil {
		check(isHostPort(o.SMSC), "SMSC is not host:port")
	} else if err := o.Shared.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("shared mode: %w", err))
	}
	check(o.Dial != nil, "Dial is missing")
	check(o.ResponseTimeout > 0, "ResponseTimeout is not positive")
	check(o.Window > 0, "Window is not positive")
	check(o.ESMEWindow > 0, "ESMEWindow is not positive")
	check(o.Logger != nil, "Logger is missing")
	return errors.Join(errs...)
}

func isHostPort(addr string) bool {
	_, _, err := net.SplitHostPort(addr)
	return err == nil
}
