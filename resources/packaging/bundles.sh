#!/bin/sh
# Record the plant, train the detectors, judge them on seeds that training never saw. About four minutes.
# The contents of the bundle are reproducible: the same recordings and seed give the same bytes.
set -eu
cd "$(dirname "$0")/../.."
python=.venv/bin/python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

record() { "$python" -m plant record --every 2 "$@"; }

# The factory's families with many more of the rare machines, so that a family of one is learned too.
sed '/^\[\[devices\]\]/,$d' resources/plants/factory.toml >"$work/fleet.toml"
cat resources/bundles/fleet.toml >>"$work/fleet.toml"

mkdir "$work/train" "$work/judge"
for seed in 1000 1001 1008; do
  record --plant "$work/fleet.toml" --hours 2 --seed "$seed" --out "$work/train/fleet-healthy-$seed.npz"
done
for seed in 1002 1003; do
  record --plant "$work/fleet.toml" --hours 3 --seed "$seed" --scenario resources/bundles/wear.toml \
    --out "$work/train/fleet-wear-$seed.npz"
done
for seed in 1004 1005 1006 1009; do
  record --hours 2 --seed "$seed" --out "$work/train/factory-healthy-$seed.npz"
done
record --hours 3 --seed 1007 --scenario resources/bundles/wear.toml --out "$work/train/factory-wear-1007.npz"
for seed in 2000 2001; do
  record --hours 2 --seed "$seed" --out "$work/train/tune-healthy-$seed.npz"
done
"$python" -m models train --data "$work"/train/*.npz --out resources/bundles/factory

record --hours 4 --seed 3003 --scenario resources/bundles/wear.toml --out "$work/judge/wear.npz"
record --hours 2 --seed 3001 --out "$work/judge/healthy.npz"
"$python" -m models evaluate --data "$work"/judge/*.npz
