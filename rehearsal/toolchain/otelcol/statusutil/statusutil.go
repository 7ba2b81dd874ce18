// Package statusutil says in gRPC's words what an HTTP status means to who sent telemetry. The module proxy does not
// have the collector's own module of this name; this one has the two functions that others of its modules call.
package statusutil

import (
	"net/http"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// By the OTLP specification, "OTLP/HTTP response": what may be tried again is unavailable or exhausted.
var codeOf = map[int]codes.Code{
	http.StatusBadRequest:         codes.InvalidArgument,
	http.StatusUnauthorized:       codes.Unauthenticated,
	http.StatusForbidden:          codes.PermissionDenied,
	http.StatusNotFound:           codes.Unimplemented,
	http.StatusTooManyRequests:    codes.ResourceExhausted,
	http.StatusBadGateway:         codes.Unavailable,
	http.StatusServiceUnavailable: codes.Unavailable,
	http.StatusGatewayTimeout:     codes.Unavailable,
}

// NewStatusFromMsgAndHTTPCode is the status that stands for an HTTP answer.
func NewStatusFromMsgAndHTTPCode(message string, code int) *status.Status {
	if known, ok := codeOf[code]; ok {
		return status.New(known, message)
	}
	return status.New(codes.Unknown, message)
}

// GetRetryInfo is what the status says about when to try again; nil where it says nothing.
func GetRetryInfo(of *status.Status) *errdetails.RetryInfo {
	for _, detail := range of.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return info
		}
	}
	return nil
}
