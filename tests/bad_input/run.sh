#!/usr/bin/env bash
# Transcripts of this folder; --update writes them.
exec "$(dirname "$0")/../transcript.sh" "$(dirname "$0")" "$@"
