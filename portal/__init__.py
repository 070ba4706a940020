"""A portal for subscription billing. Its floors; each looks only at those below it:

doors      web, cli, jobs       translate, check permission, call one action, show the answer
actions    actions              every deed, one file each; owns the transaction
readers    notifications, reporting, book      look at all nouns, change none
nouns      identity, customers, catalogue, subscriptions, usage, credits, quotes, runs, journal,
           balance, invoicing, payments, banking, reconciling, dunning      each looks only at those before it
gateways   gateways             what speaks to the outside about money
core       core                 money, periods, states, errors, clock, database; knows no billing
aside      twins, local, simulation     stand-ins, what `./run` starts, made-up worlds
"""
