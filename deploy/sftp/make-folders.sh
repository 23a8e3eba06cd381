#!/bin/sh
# Make the exchange's folders so that the vendor may read out/, write in/, and nothing else. Repeatable; needs root.
#   make-folders.sh FOLDER COUNTY_UID VENDOR_UID
set -eu

folder=$1 county=$2 vendor=$3
# The folders above belong to root: neither side can rename or remove what is in them.
install -d -o root -g root -m 0755 "$folder" "$folder/test"
for exchange in "$folder" "$folder/test"; do
    install -d -o "$county" -g "$county" -m 0755 "$exchange/out"
    # The group bit hands every answer to the county's group, which alone may read it besides the vendor.
    install -d -o "$vendor" -g "$county" -m 2750 "$exchange/in"
done
