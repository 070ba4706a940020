"""What speaks to the outside about money: one file per gateway, values in, values out."""
