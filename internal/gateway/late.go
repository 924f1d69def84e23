package gateway

import (
	"log/slog"

	"readback/smpp"
)

// noteLate counts and logs an answer of the SMSC's that comes after the gateway has answered the ESME.
func (g *Gateway) noteLate(log *slog.Logger, f smpp.Frame) {
	g.metrics.late.Inc()
	log.Warn("late answer of the SMSC", "command", smpp.Command(f.ID()), "status", smpp.StatusName(f.Status()))
}
