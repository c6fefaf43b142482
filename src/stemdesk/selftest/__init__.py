"""`stemdesk --self-test`: whether this copy of StemDesk is whole and works on this computer."""
